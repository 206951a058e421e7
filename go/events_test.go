package seafoam_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"seafoam"
)

func TestEventsBeginAtTheCall(t *testing.T) {
	clusters := startAll(t, "a", "b")
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	events := clusters[0].Events(ctx, seafoam.OnlyKinds(seafoam.KindBroadcast))
	reader := must1(clusters[0].Subscribe())(t)
	label := must1(clusters[1].Broadcast([]byte("before the loop")))(t)
	// It has arrived before the loop begins.
	await(t, reader, func(event *seafoam.BroadcastEvent) bool { return event.Label() == label })
	seen := 0
	for event := range events {
		if heard, ok := event.(*seafoam.BroadcastEvent); !ok || heard.Label() != label {
			t.Errorf("a strange event: %+v", event)
		}
		seen++
		cancel() // ends the loop
	}
	if seen != 1 {
		t.Errorf("%d events", seen)
	}
	for event := range events {
		t.Errorf("an event after the end: %+v", event)
	}
}

func TestInitialEventsAreThePresentMembers(t *testing.T) {
	cluster := startAll(t, "a", "b", "c")[0]
	names := map[string]bool{}
	for event := range cluster.Events(soon(t), seafoam.Initial(), seafoam.OnlyKinds(seafoam.KindStatus)) {
		status, ok := event.(*seafoam.StatusEvent)
		if !ok || status.Previous != seafoam.StatusUnknown || status.Status != seafoam.StatusAlive {
			t.Errorf("a strange beginning: %+v", event)
		}
		names[status.Node.Name] = true
		if len(names) == 3 {
			break
		}
	}
	if !names["a"] || !names["b"] || !names["c"] {
		t.Errorf("began with %v", names)
	}
}

func TestBreakEndsTheSubscription(t *testing.T) {
	cluster := startAll(t, "a", "b")[0]
	for range cluster.Events(soon(t), seafoam.Initial()) {
		if open := must1(cluster.Stats())(t).Subscriptions; open != 1 {
			t.Errorf("%d subscriptions are open", open)
		}
		break
	}
	if open := must1(cluster.Stats())(t).Subscriptions; open != 0 {
		t.Errorf("%d subscriptions are left", open)
	}
}

// subscriptions waits until so many are open.
func subscriptions(t *testing.T, cluster *seafoam.Cluster, wanted uint64) {
	t.Helper()
	open := wanted + 1
	for deadline := time.Now().Add(patience); open != wanted; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d subscriptions are open, not %d", open, wanted)
		}
		runtime.GC()
		open = must1(cluster.Stats())(t).Subscriptions
	}
}

func TestEventsThatNobodyReadsEnd(t *testing.T) {
	cluster := start(t)
	ctx, cancel := context.WithCancel(context.Background())
	kept := cluster.Events(ctx)
	_ = cluster.Events(context.Background()) // nobody can read it: it ends as garbage
	cancel()
	subscriptions(t, cluster, 0)
	for event := range kept {
		t.Errorf("an event after its context: %+v", event)
	}
}

func TestCancellingEndsAWaitAtOnce(t *testing.T) {
	cluster := start(t)
	for name, wait := range map[string]func(context.Context) error{
		"Next":     func(ctx context.Context) error { _, err := must1(cluster.Subscribe())(t).Next(ctx); return err },
		"Ready":    func(ctx context.Context) error { return cluster.Ready(ctx, 5) },
		"PingNode": func(ctx context.Context) error { _, err := cluster.PingNode(ctx, "127.0.0.1:1"); return err },
		"Events": func(ctx context.Context) error {
			for event := range cluster.Events(ctx) {
				return fmt.Errorf("an event: %+v", event)
			}
			return ctx.Err()
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(50*time.Millisecond, cancel)
		within(t, time.Second, name, func() {
			if err := wait(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		})
		timer.Stop()
		if err := wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that is done: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := seafoam.Start(ctx, quiet(t.Name())...); !errors.Is(err, context.Canceled) {
		t.Errorf("Start with a context that is done: %v", err)
	}
}

func TestADeadlineIsTheTimeoutOfTheCall(t *testing.T) {
	cluster := start(t)
	events := must1(cluster.Subscribe())(t)
	for name, wait := range map[string]func(context.Context) error{
		"Next":  func(ctx context.Context) error { _, err := events.Next(ctx); return err },
		"Ready": func(ctx context.Context) error { return cluster.Ready(ctx, 5) },
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
		begin := time.Now()
		err := wait(ctx)
		cancel()
		if !errors.Is(err, seafoam.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begin); took < 50*time.Millisecond || took > 2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 1100*time.Millisecond)
	defer cancel()
	err := cluster.Ready(ctx, 5) // longer than one look of the wait takes
	if text := fmt.Sprint(err); !errors.Is(err, seafoam.ErrTimeout) || !contains(text, "1 of 5") {
		t.Errorf("Ready does not tell how many there were: %v", err)
	}
}

func TestAWaitThatWasCancelledLosesNothing(t *testing.T) {
	clusters := startAll(t, "a", "b")
	events := must1(clusters[0].Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast)))(t)
	for round := range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(round)*time.Millisecond)
		sent := must1(clusters[1].Broadcast([]byte{byte(round)}))(t)
		event, err := events.Next(ctx)
		cancel()
		if err != nil {
			event = must1(events.Next(soon(t)))(t)
		}
		if heard, ok := event.(*seafoam.BroadcastEvent); !ok || heard.Label() != sent {
			t.Fatalf("round %d: %+v (%v)", round, event, err)
		}
	}
}

func TestClosingEndsWhoeverWaits(t *testing.T) {
	cluster := start(t)
	events := must1(cluster.Subscribe())(t)
	other := must1(cluster.Subscribe())(t)
	loop := cluster.Events(context.Background())
	var waiting sync.WaitGroup
	waiting.Add(4)
	go func() {
		defer waiting.Done()
		if event, err := events.Next(context.Background()); err != nil || event.Kind() != seafoam.KindClosed {
			t.Errorf("Next: %+v, %v", event, err)
		}
		if event, err := events.Next(context.Background()); !errors.Is(err, seafoam.ErrClosed) {
			t.Errorf("Next after the closed event: %+v, %v", event, err)
		}
	}()
	go func() {
		defer waiting.Done()
		for event := range loop {
			if closed, ok := event.(*seafoam.ClosedEvent); !ok || closed.Error != nil {
				t.Errorf("a strange end: %+v", event)
			}
		}
	}()
	go func() {
		defer waiting.Done()
		if err := cluster.Ready(context.Background(), 9); !errors.Is(err, seafoam.ErrClosed) {
			t.Errorf("Ready: %v", err)
		}
	}()
	go func() {
		defer waiting.Done()
		for range other.All(context.Background()) {
		}
	}()
	other.Close() // a subscription alone; its reader ends too
	other.Close()
	within(t, time.Second, "closing", func() { must(t, cluster.Close()) })
	within(t, 2*time.Second, "what waited", waiting.Wait)
}

func TestManyReadersShareOneSubscription(t *testing.T) {
	clusters := startAll(t, "a", "b")
	events := must1(clusters[0].Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast)))(t)
	const count = 200
	var lock sync.Mutex
	var readers sync.WaitGroup
	seen := map[string]int{}
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	for range 4 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for event := range events.All(ctx) {
				lock.Lock()
				seen[event.(*seafoam.BroadcastEvent).Label()]++
				if len(seen) == count {
					cancel()
				}
				lock.Unlock()
			}
		}()
	}
	for number := range count {
		_, err := clusters[1].Broadcast([]byte(fmt.Sprint(number)))
		for errors.Is(err, seafoam.ErrBusy) && ctx.Err() == nil {
			runtime.Gosched()
			_, err = clusters[1].Broadcast([]byte(fmt.Sprint(number)))
		}
		must(t, err)
	}
	within(t, patience, "reading", readers.Wait)
	for label, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", label, times)
		}
	}
	if len(seen) != count {
		t.Errorf("%d of %d came", len(seen), count)
	}
}

func TestASlowReaderLearnsWhatItLost(t *testing.T) {
	clusters := startAll(t, "a", "b")
	slow := must1(clusters[0].Subscribe(seafoam.Capacity(2), seafoam.OnlyKinds(seafoam.KindBroadcast)))(t)
	quick := must1(clusters[0].Subscribe())(t)
	for number := range 10 {
		label := must1(clusters[1].Broadcast([]byte{byte(number)}))(t)
		await(t, quick, func(event *seafoam.BroadcastEvent) bool { return event.Label() == label })
	}
	lagged := await(t, slow, func(*seafoam.LaggedEvent) bool { return true })
	if lagged.Missed < 8 {
		t.Errorf("missed %d", lagged.Missed)
	}
	await(t, slow, func(event *seafoam.BroadcastEvent) bool { return event.Bytes[0] == 9 })
}
