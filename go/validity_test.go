package seafoam_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"seafoam"
)

// lighthouses are three names. Nobody listens at these ports: the nodes find each other by their seed.
func lighthouses() seafoam.Option {
	return seafoam.WithLighthouses("a=127.0.0.1:1", "b=127.0.0.1:2", "c=127.0.0.1:3")
}

func TestMajorityOfLighthousesIsValidAndOneAloneIsNot(t *testing.T) {
	a := start(t, seafoam.WithName("a"), lighthouses())
	seed := seafoam.WithInitialHosts(local(t, a).Address)
	b := start(t, seafoam.WithName("b"), lighthouses(), seed)
	c := start(t, seafoam.WithName("c"), lighthouses(), seed)
	events := must1(a.Subscribe(seafoam.OnlyKinds(seafoam.KindValidity), seafoam.Initial()))(t)
	for _, cluster := range []*seafoam.Cluster{a, b, c} {
		must(t, cluster.ReadyValid(soon(t), 3))
		if !cluster.IsValid() || !local(t, cluster).IsLighthouse {
			t.Errorf("%v is not valid, or no lighthouse", local(t, cluster))
		}
	}
	awaitState(t, events, seafoam.ValidityValid)
	must(t, b.Close())
	must(t, c.Leave(soon(t)))
	alone := awaitState(t, events, seafoam.ValidityInvalid)
	if !slices.Equal(alone.Seen, []string{"a"}) || !slices.Equal(alone.Missing, []string{"b", "c"}) ||
		alone.Needed != 2 || alone.Basis != seafoam.BasisListed {
		t.Errorf("a strange event: %+v", alone)
	}
	if now := must1(a.Validity())(t); now.State != seafoam.ValidityInvalid || a.IsValid() {
		t.Errorf("validity is %+v", now)
	}
	brief, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := a.ReadyValid(brief, 1)
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, seafoam.ErrTimeout) {
		t.Errorf("alone: %v", err)
	}
	if err != nil && !strings.Contains(err.Error(), "missing: b, c") {
		t.Errorf("it does not say who is missing: %v", err)
	}
}

func awaitState(t *testing.T, events *seafoam.Subscription, state seafoam.ValidityState) *seafoam.ValidityEvent {
	t.Helper()
	return await(t, events, func(event *seafoam.ValidityEvent) bool { return event.State == state })
}
