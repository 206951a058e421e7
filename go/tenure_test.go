package seafoam_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"seafoam"
)

// voters starts so many lighthouses, which all stand, with leases of a second.
func voters(t *testing.T, count int) []*seafoam.Cluster {
	t.Helper()
	list := []string{"a=127.0.0.1:1", "b=127.0.0.1:2", "c=127.0.0.1:3"}[:count]
	var clusters []*seafoam.Cluster
	for _, name := range []string{"a", "b", "c"}[:count] {
		options := []seafoam.Option{
			seafoam.WithName(name), seafoam.WithLighthouses(list...), seafoam.WithLeaderLeaseMillis(1000),
		}
		if len(clusters) > 0 {
			options = append(options, seafoam.WithInitialHosts(local(t, clusters[0]).Address))
		}
		clusters = append(clusters, start(t, options...))
	}
	return clusters
}

// ended waits for the end of a tenure's context, and checks its cause.
func ended(t *testing.T, tenure *seafoam.Tenure) {
	t.Helper()
	select {
	case <-tenure.Context().Done():
	case <-time.After(patience):
		t.Fatal("the context does not end")
	}
	cause := context.Cause(tenure.Context())
	if !errors.Is(cause, seafoam.ErrLeadershipLost) || !errors.Is(cause, seafoam.ErrNotLeader) {
		t.Errorf("the cause is %v", cause)
	}
	if tenure.IsHeld() {
		t.Error("it is held after its end")
	}
}

func TestATurnHoldsATenureAndGivesItUp(t *testing.T) {
	cluster := voters(t, 1)[0]
	var terms []uint64
	for tenure, err := range cluster.Leadership(soon(t)) {
		must(t, err)
		terms = append(terms, tenure.Term)
		if !cluster.IsLeader() || !tenure.IsHeld() || tenure.TermQuality != seafoam.TermClockFloor {
			t.Errorf("it does not lead in its turn: %+v", tenure)
		}
		if len(terms) == 2 {
			// Of the lost tenure nothing goes on, and giving it up again touches no other.
			must(t, cluster.Resign(soon(t)))
			ended(t, tenure)
			must(t, tenure.Resign(soon(t)))
		}
		if len(terms) == 3 {
			break
		}
	}
	if cluster.IsLeader() || len(terms) != 3 || terms[0] >= terms[1] || terms[1] >= terms[2] {
		t.Errorf("it leads after its turns, or its terms do not rise: %v", terms)
	}
	for tenure, err := range cluster.Leadership(soon(t)) {
		must(t, err)
		tenure.Keep()
		break
	}
	if !cluster.IsLeader() {
		t.Error("it gave up what was to be kept")
	}
}

func TestATenureEndsByTransferByCloseAndByItsContext(t *testing.T) {
	clusters := voters(t, 3)
	leader := clusters[leads(t, clusters)]
	heir := clusters[0]
	if heir == leader {
		heir = clusters[1]
	}
	for tenure, err := range leader.Leadership(soon(t)) {
		must(t, err)
		must(t, leader.TransferLeadership(soon(t), local(t, heir).Name))
		ended(t, tenure)
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for tenure, err := range heir.Leadership(ctx) {
		must(t, err)
		tenure.Keep()
		cancel()
		<-tenure.Context().Done()
		if cause := context.Cause(tenure.Context()); !errors.Is(cause, context.Canceled) {
			t.Errorf("the cause is %v", cause)
		}
	}
	turns := 0
	for tenure, err := range heir.Leadership(soon(t)) {
		must(t, err)
		turns++
		must(t, heir.Close())
		ended(t, tenure)
	}
	for range heir.Leadership(soon(t)) {
		turns++
	}
	if turns != 1 {
		t.Errorf("%d turns of a cluster that was closed in the first", turns)
	}
}

func TestATenureEndsWithItsLeaseWhereNoLighthouseAnswers(t *testing.T) {
	clusters := voters(t, 3)
	leader := leads(t, clusters)
	for tenure, err := range clusters[leader].Leadership(soon(t)) {
		must(t, err)
		for number, cluster := range clusters {
			if number != leader {
				must(t, cluster.Close())
			}
		}
		within(t, 4*time.Second, "a tenure without lighthouses", func() { ended(t, tenure) })
		break
	}
	if clusters[leader].IsLeader() {
		t.Error("it leads without lighthouses")
	}
}

func TestNeverTwoAreInside(t *testing.T) {
	ctx, cancel := context.WithCancel(soon(t))
	var inside, turns atomic.Int32
	ends := make(chan struct{})
	clusters := voters(t, 3)
	for _, cluster := range clusters {
		go func() {
			defer func() { ends <- struct{}{} }()
			for tenure, err := range cluster.Leadership(ctx) {
				if err != nil || inside.Add(1) != 1 {
					t.Errorf("two are inside, or %v", err)
				}
				select {
				case <-tenure.Context().Done():
				case <-time.After(50 * time.Millisecond):
				}
				inside.Add(-1)
				if turns.Add(1) == 4 {
					cancel()
				}
			}
		}()
	}
	for range clusters {
		select {
		case <-ends:
		case <-time.After(patience):
			t.Fatal("a range does not end")
		}
	}
	cancel()
	if turns.Load() < 4 {
		t.Errorf("%d turns", turns.Load())
	}
}

func TestWhoeverCanNeverLeadIsToldAtOnce(t *testing.T) {
	turns := 0
	for tenure, err := range start(t).Leadership(soon(t)) {
		turns++
		if tenure != nil || !errors.Is(err, seafoam.ErrNotValid) {
			t.Errorf("%v, %v", tenure, err)
		}
	}
	if turns != 1 {
		t.Errorf("%d turns", turns)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range start(t).Leadership(ctx) {
		t.Error("a turn after the end of the context")
	}
}

// leads waits until one of them leads.
func leads(t *testing.T, clusters []*seafoam.Cluster) int {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for number, cluster := range clusters {
			if cluster.IsLeader() {
				return number
			}
		}
	}
	t.Fatal("nobody leads")
	return -1
}
