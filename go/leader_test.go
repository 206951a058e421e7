package seafoam_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"seafoam"
)

func TestOneLeadsAndItsSuccessorHasAHigherTerm(t *testing.T) {
	lease3s := seafoam.WithLeaderLeaseMillis(3000)
	a := start(t, seafoam.WithName("a"), lighthouses(), lease3s)
	seed := seafoam.WithInitialHosts(local(t, a).Address)
	clusters := map[string]*seafoam.Cluster{
		"a": a,
		"b": start(t, seafoam.WithName("b"), lighthouses(), seed, lease3s),
		"c": start(t, seafoam.WithName("c"), lighthouses(), seed, lease3s),
	}
	events := must1(a.Subscribe(seafoam.OnlyKinds(seafoam.KindLeader), seafoam.Initial()))(t)
	elected := await(t, events, func(event *seafoam.LeaderEvent) bool { return event.Leader != nil })
	leader := clusters[elected.Leader.Name]
	lease := must1(leader.Lease())(t)
	if !leader.IsLeader() || lease == nil || lease.Term != elected.Term ||
		lease.RemainingMillis >= 3000 || lease.TermQuality != seafoam.TermClockFloor {
		t.Errorf("%s leads by %+v after %+v", elected.Leader.Name, lease, elected)
	}
	heir := ""
	for name, cluster := range clusters {
		if cluster == leader {
			continue
		}
		heir = name
		if err := cluster.Resign(soon(t)); cluster.IsLeader() || !errors.Is(err, seafoam.ErrNotLeader) {
			t.Errorf("%s leads too, or resigned: %v", name, err)
		}
	}
	must(t, leader.TransferLeadership(soon(t), heir))
	next := await(t, events, func(event *seafoam.LeaderEvent) bool {
		return event.Leader != nil && event.Term > elected.Term
	})
	if leader.IsLeader() || next.Leader.Name != heir {
		t.Errorf("%s leads after it was handed to %s", next.Leader.Name, heir)
	}
	must(t, clusters[heir].Resign(soon(t)))
	if clusters[heir].IsLeader() {
		t.Error("it leads after it resigned")
	}
}

func TestLighthouseIsAddedAndOneRemoved(t *testing.T) {
	clusters := map[string]*seafoam.Cluster{}
	folder, seed := t.TempDir(), seafoam.WithInitialHosts()
	for _, name := range []string{"a", "b", "c", "d"} {
		state := seafoam.WithStateDir(filepath.Join(folder, name))
		lease := seafoam.WithLeaderLeaseMillis(1000)
		clusters[name] = start(t, seafoam.WithName(name), lighthouses(), seed, state, lease)
		seed = seafoam.WithInitialHosts(local(t, clusters["a"]).Address)
	}
	for _, cluster := range clusters {
		must(t, cluster.Ready(soon(t), 4))
	}
	events := must1(clusters["b"].Subscribe(seafoam.OnlyKinds(seafoam.KindLeader), seafoam.Initial()))(t)
	elected := await(t, events, func(event *seafoam.LeaderEvent) bool { return event.Leader != nil })
	list := []string{"a=127.0.0.1:1", "b=127.0.0.1:2", "c=127.0.0.1:3", "d=127.0.0.1:4"}
	for name, cluster := range clusters {
		if name == elected.Leader.Name {
			continue
		}
		if err := cluster.SetLighthouses(list...); !errors.Is(err, seafoam.ErrNotLeader) {
			t.Errorf("%s does not lead, and said %v", name, err)
		}
	}
	for _, list := range [][]string{list, list[1:]} {
		leader, ctx := clusters[elected.Leader.Name], soon(t)
		// Until every lighthouse was heard it is busy.
		for err := leader.SetLighthouses(list...); err != nil; err = leader.SetLighthouses(list...) {
			if !errors.Is(err, seafoam.ErrBusy) || ctx.Err() != nil {
				t.Fatal(err)
			}
		}
		term := elected.Term
		elected = await(t, events, func(event *seafoam.LeaderEvent) bool {
			return event.Leader != nil && event.Term > term
		})
		if got := must1(clusters[elected.Leader.Name].Get("lighthouses"))(t); got != strings.Join(list, ",") {
			t.Errorf("the list is %q", got)
		}
	}
}
