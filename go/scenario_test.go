package seafoam_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"seafoam"
)

func TestThreeMeetAndTalk(t *testing.T) {
	clusters := startAll(t, "a", "b")
	a, b := clusters[0], clusters[1]
	ofA, ofB := must1(a.Subscribe())(t), must1(b.Subscribe())(t)
	c := start(t, seafoam.WithName("c"), seafoam.WithInitialHosts(local(t, b).Address))
	ofC := must1(c.Subscribe(seafoam.Initial()))(t)
	joined := awaitStatus(t, ofA, "c", seafoam.StatusAlive)
	if joined.Previous != seafoam.StatusUnknown || joined.Source == "" || joined.Node.Generation == 0 {
		t.Errorf("a strange event: %+v of %+v", joined, joined.Node)
	}
	awaitStatus(t, ofB, "c", seafoam.StatusAlive)
	awaitStatus(t, ofC, "a", seafoam.StatusAlive)
	must(t, c.Ready(soon(t), 3))

	payload := []byte("hello\x00all")
	label := must1(c.Broadcast(payload))(t)
	for _, events := range []*seafoam.Subscription{ofA, ofB} {
		heard := await(t, events, func(event *seafoam.BroadcastEvent) bool { return event.Label() == label })
		if heard.Origin.Name != "c" || !bytes.Equal(heard.Bytes, payload) {
			t.Errorf("a strange broadcast: %+v", heard)
		}
	}
	if took := must1(a.PingNode(soon(t), "c"))(t); took <= 0 || took > patience {
		t.Errorf("a strange round trip: %v", took)
	}
	must(t, c.Leave(soon(t)))
	must(t, c.Leave(soon(t))) // twice is fine
	awaitStatus(t, ofA, "c", seafoam.StatusLeft)
	awaitStatus(t, ofB, "c", seafoam.StatusLeft)
	if node := must1(a.Node("c"))(t); node == nil || node.Status != seafoam.StatusLeft || node.IsHealthy() {
		t.Errorf("a has %v", node)
	}
	if stats := must1(a.Stats())(t); stats.Members != 3 || stats.MembersLeft != 1 || stats.BroadcastsReceived != 1 {
		t.Errorf("strange statistics: %+v", stats)
	}
}

func TestCrashIsSeen(t *testing.T) {
	clusters := startAll(t, "a", "b", "victim")
	events := must1(clusters[0].Subscribe(seafoam.OnlyKinds(seafoam.KindStatus)))(t)
	must(t, clusters[2].Close()) // without leaving: a crash to the others
	awaitStatus(t, events, "victim", seafoam.StatusSuspected)
	awaitStatus(t, events, "victim", seafoam.StatusDead)
	why := must1(clusters[0].Why("victim"))(t)
	if why.Node.Status != seafoam.StatusDead || why.Source == "" || why.OwnHealth > 8 {
		t.Errorf("a strange reason: %+v", why)
	}
	if why.Accuser != "a" && why.Accuser != "b" || !slices.Contains(why.WitnessHints, seafoam.HintGone) {
		t.Errorf("a strange accusation: %+v", why)
	}
	if len(why.WitnessHints) != len(why.Witnesses) || len(why.WitnessMillis) != len(why.Witnesses) {
		t.Errorf("witnesses without hint or time: %+v", why)
	}
	if why.SuspectedMillis < why.SinceMillis || why.HeardMillis < why.SuspectedMillis {
		t.Errorf("strange times: %+v", why)
	}
	if helpers := append(why.HelpersFailed, why.HelpersSilent...); len(helpers) > 1 {
		t.Errorf("strange helpers: %+v", why)
	}
	if healthy := must1(clusters[0].HealthyNodes())(t); len(healthy) != 2 {
		t.Errorf("healthy are %v", healthy)
	}
	if all := must1(clusters[0].AllNodes())(t); len(all) != 3 || all[2].Name != "victim" {
		t.Errorf("all are %v", all)
	}
}

func TestAReceiptTellsWhoHasABroadcast(t *testing.T) {
	clusters := startAll(t, "a", "b", "victim")
	receipt := must1(clusters[0].BroadcastWithReceipt(soon(t), []byte("all?"), patience))(t)
	if !receipt.IsComplete() || len(receipt.Confirmed) != 2 || receipt.Confirmed[0].Name != "b" || receipt.Confirmed[1].Name != "victim" {
		t.Errorf("confirmed by %v, missed by %v", receipt.Confirmed, receipt.Missing)
	}
	if address := local(t, clusters[0]).Address; !strings.HasPrefix(receipt.Label, address+":") {
		t.Errorf("a strange label: %s of %s", receipt.Label, address)
	}
	must(t, clusters[2].Close()) // without leaving: a crash to the others
	// It ends when the crash is known, long before the time is up.
	receipt = must1(clusters[0].BroadcastWithReceipt(context.Background(), []byte("all?"), patience))(t)
	if receipt.IsComplete() || len(receipt.Confirmed) != 1 || receipt.Confirmed[0].Name != "b" ||
		len(receipt.Missing) != 1 || receipt.Missing[0].Name != "victim" {
		t.Errorf("confirmed by %v, missed by %v", receipt.Confirmed, receipt.Missing)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := clusters[0].BroadcastWithReceipt(gone, nil, patience); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v", err)
	}
}

func TestNodesAreAddedAccusedAndRemoved(t *testing.T) {
	clusters := startAll(t, "a", "b")
	a, b := clusters[0], clusters[1]
	events := must1(a.Subscribe())(t)
	c := start(t, seafoam.WithName("c"))
	added := must1(a.AddNode(local(t, c).Address))(t)
	if added.Status != seafoam.StatusUnknown || added.Name != local(t, c).Address {
		t.Errorf("added %+v", added)
	}
	awaitStatus(t, events, "c", seafoam.StatusAlive)
	must(t, a.TouchNode("c"))

	must(t, a.UpdateNodeStatus("b", seafoam.StatusSuspected))
	awaitStatus(t, events, "b", seafoam.StatusSuspected)
	awaitStatus(t, events, "b", seafoam.StatusAlive) // it refuted
	for _, claim := range []seafoam.Claim{seafoam.ClaimRank(seafoam.RankLeader), seafoam.ClaimDatacenter(3)} {
		err := a.UpdateNodeStatus("b", seafoam.StatusAlive, claim)
		if !errors.Is(err, seafoam.ErrInvalidConfig) {
			t.Errorf("a claim about a peer: %v", err)
		}
	}
	must(t, b.Leave(soon(t)))
	awaitStatus(t, events, "b", seafoam.StatusLeft)
	must(t, b.Close())
	if removed := must1(a.RemoveNode("b"))(t); removed.Name != "b" {
		t.Errorf("removed %+v", removed)
	}
	if node := must1(a.Node("b"))(t); node != nil {
		t.Errorf("b is still there: %v", node)
	}
}

func TestEveryNodeNamesTheSameOwner(t *testing.T) {
	clusters := startAll(t, "a", "b", "c")
	for _, key := range []string{"", "one", "two\x00three", "\xff"} {
		owner := must1(clusters[0].Owner(key, nil))(t)
		for _, cluster := range clusters {
			if other := must1(cluster.Owner(key, map[string]string{}))(t); other.Name != owner.Name {
				t.Errorf("%q is owned by %v and %v", key, owner, other)
			}
			owners := must1(cluster.Owners(key, 2, nil))(t)
			if len(owners) != 2 || owners[0].Name != owner.Name || owners[1].Name == owner.Name {
				t.Errorf("owners of %q are %v", key, owners)
			}
		}
	}
	if owner := must1(clusters[0].Owner("one", map[string]string{"no": "one"}))(t); owner != nil {
		t.Errorf("nobody has the tag, but %v owns", owner)
	}
	if owners := must1(clusters[0].Owners("one", 3, map[string]string{"no": "one"}))(t); len(owners) != 0 {
		t.Errorf("nobody has the tag, but %v own", owners)
	}
}

func TestSettingsAreReadAndChanged(t *testing.T) {
	cluster := start(t, seafoam.WithDatacenter(7))
	if value := must1(cluster.Get(seafoam.KeyDatacenter))(t); value != "7" {
		t.Errorf("datacenter is %s", value)
	}
	must(t, cluster.SetHeartbeatMillis(75))
	if value := must1(cluster.Get(seafoam.KeyHeartbeatMillis))(t); value != "75" {
		t.Errorf("heartbeat_millis is %s", value)
	}
	must(t, cluster.Set(seafoam.KeyMaxBroadcastBytes, "3"))
	if _, err := cluster.Broadcast([]byte("four")); !errors.Is(err, seafoam.ErrPayloadTooLarge) {
		t.Errorf("too long a payload: %v", err)
	}
	if node := local(t, cluster); node.Datacenter != 7 || !node.IP.IsLoopback() || node.Port == 0 || len(node.Tags) != 0 {
		t.Errorf("a strange node: %+v", node)
	}
}

func TestEnvironmentGivesWhatTheProgramDoesNot(t *testing.T) {
	t.Setenv(seafoam.EnvDatacenter, "9")
	t.Setenv(seafoam.EnvName, "from-environment")
	ask := func(options ...seafoam.Option) *seafoam.Node {
		cluster := must1(seafoam.Start(context.Background(), options...))(t)
		defer cluster.Close()
		return local(t, cluster)
	}
	options := quiet(t.Name(), seafoam.WithName("from-program"))
	if node := ask(options[1:]...); node.Datacenter != 9 || node.Name != "from-program" {
		t.Errorf("with the environment: %+v", node)
	}
	if node := ask(options...); node.Datacenter != seafoam.DatacenterNone {
		t.Errorf("without the environment: %+v", node)
	}
}

func TestWithoutLighthousesThereIsPlainMembership(t *testing.T) {
	cluster := start(t)
	validity := must1(cluster.Validity())(t)
	if validity.State != seafoam.ValidityFallback || len(validity.Seen) != 0 || validity.Missing == nil {
		t.Errorf("validity is %+v", validity)
	}
	if cluster.IsValid() || cluster.IsLeader() {
		t.Error("valid or leader without a lighthouse")
	}
	if leader := must1(cluster.Leader())(t); leader != nil {
		t.Errorf("leader is %v", leader)
	}
	if lease := must1(cluster.Lease())(t); lease != nil {
		t.Errorf("lease is %+v", lease)
	}
	if node := must1(cluster.Node("nobody"))(t); node != nil {
		t.Errorf("nobody is %v", node)
	}
	if before := time.UnixMilli(int64(seafoam.NowMillis())); time.Since(before).Abs() > time.Second {
		t.Errorf("now is %v", before)
	}
}
