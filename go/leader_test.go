package seafoam_test

import (
	"errors"
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
