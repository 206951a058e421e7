package seafoam_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seafoam"
)

// receive waits for a value.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		var none T
		t.Fatalf("%s did not happen", what)
		return none
	}
}

func TestCallbacksAreCalled(t *testing.T) {
	clusters := startAll(t, "a", "b")
	type change struct {
		name   string
		status seafoam.NodeStatus
	}
	changes, payloads, kinds := make(chan change, 100), make(chan string, 100), make(chan seafoam.EventKind, 100)
	must1(clusters[0].OnStatus(func(node *seafoam.Node, status seafoam.NodeStatus) {
		changes <- change{node.Name, status}
	}))(t)
	must1(clusters[0].OnBroadcast(func(origin *seafoam.Node, payload []byte) {
		payloads <- origin.Name + ": " + string(payload)
	}))(t)
	must1(clusters[0].OnEvent(func(event seafoam.Event) { kinds <- event.Kind() }))(t)
	must1(clusters[1].Broadcast([]byte("hello")))(t)
	if payload := receive(t, payloads, "the broadcast"); payload != "b: hello" {
		t.Errorf("heard %q", payload)
	}
	must(t, clusters[1].Leave(soon(t)))
	for receive(t, changes, "leaving") != (change{"b", seafoam.StatusLeft}) {
	}
	must(t, clusters[0].Close())
	close(kinds) // nothing is called after Close: a send would panic, and be seen below
	seen := map[seafoam.EventKind]int{}
	for kind := range kinds {
		seen[kind]++
	}
	if seen[seafoam.KindBroadcast] != 1 || seen[seafoam.KindStatus] == 0 || seen[seafoam.KindClosed] != 1 {
		t.Errorf("kinds were %v", seen)
	}
}

func TestACallbackRemovesItself(t *testing.T) {
	clusters := startAll(t, "a", "b")
	var calls atomic.Int32
	installed := make(chan func(), 1)
	returned := make(chan struct{})
	remove := must1(clusters[0].OnBroadcast(func(*seafoam.Node, []byte) {
		calls.Add(1)
		self := <-installed
		self() // must not wait for itself
		self()
		close(returned)
	}))(t)
	installed <- remove
	reader := must1(clusters[0].Subscribe())(t)
	begin := time.Now()
	must1(clusters[1].Broadcast([]byte("one")))(t)
	receive(t, returned, "removal")
	if took := time.Since(begin); took > 900*time.Millisecond {
		t.Errorf("removal inside took %v: it waited for itself", took)
	}
	label := must1(clusters[1].Broadcast([]byte("two")))(t)
	await(t, reader, func(event *seafoam.BroadcastEvent) bool { return event.Label() == label })
	remove()
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestACallbackMakesCallsAndClosesItsCluster(t *testing.T) {
	clusters := startAll(t, "a", "b")
	done := make(chan error, 1)
	begin := time.Now()
	must1(clusters[0].OnBroadcast(func(origin *seafoam.Node, _ []byte) {
		_, err := clusters[0].Broadcast([]byte("back"))
		if _, ping := clusters[0].PingNode(context.Background(), origin.Name); err == nil {
			err = ping
		}
		if _, again := clusters[0].OnStatus(func(*seafoam.Node, seafoam.NodeStatus) {}); err == nil {
			err = again
		}
		begin = time.Now()
		if closing := clusters[0].Close(); err == nil {
			err = closing
		}
		done <- err
	}))(t)
	must1(clusters[1].Broadcast([]byte("go")))(t)
	must(t, receive(t, done, "the call"))
	if took := time.Since(begin); took > 900*time.Millisecond {
		t.Errorf("closing inside took %v: it waited for itself", took)
	}
}

func TestRemovalWaitsForARunningCall(t *testing.T) {
	clusters := startAll(t, "a", "b")
	began, finish := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	remove := must1(clusters[0].OnBroadcast(func(*seafoam.Node, []byte) {
		close(began)
		<-finish
		finished.Store(true)
	}))(t)
	must1(clusters[1].Broadcast([]byte("one")))(t)
	receive(t, began, "the call")
	time.AfterFunc(50*time.Millisecond, func() { close(finish) })
	remove()
	if !finished.Load() {
		t.Error("removal returned while the call ran")
	}
}

func TestRemovalAndCloseWaitForASecondAtMost(t *testing.T) {
	clusters := startAll(t, "a", "b")
	began, finish := make(chan struct{}, 2), make(chan struct{})
	defer close(finish)
	stuck := func(*seafoam.Node, []byte) {
		began <- struct{}{}
		<-finish
	}
	remove := must1(clusters[0].OnBroadcast(stuck))(t)
	must1(clusters[0].OnBroadcast(stuck))(t)
	must1(clusters[1].Broadcast([]byte("one")))(t)
	receive(t, began, "a call")
	receive(t, began, "the other call")
	within(t, 1800*time.Millisecond, "removal", remove)
	within(t, 1800*time.Millisecond, "closing", func() { must(t, clusters[0].Close()) })
}

func TestACallbackThatPanicsIsLoggedAndStays(t *testing.T) {
	lines := capture(t, seafoam.LevelError)
	clusters := startAll(t, "a", "b")
	must(t, seafoam.SetLogLevel(seafoam.LevelError))
	heard := make(chan string, 2)
	must1(clusters[0].OnBroadcast(func(_ *seafoam.Node, payload []byte) {
		heard <- string(payload)
		panic("on purpose\x00")
	}))(t)
	for _, text := range []string{"one", "two"} {
		must1(clusters[1].Broadcast([]byte(text)))(t)
		receive(t, heard, text)
	}
	for {
		line := receive(t, lines, "the line of the log")
		if line.level == seafoam.LevelError && strings.Contains(line.text, "on purpose") {
			break
		}
	}
}

func TestACallbackThatEndsItsGoroutineEndsThere(t *testing.T) {
	clusters := startAll(t, "a", "b")
	remove := must1(clusters[0].OnBroadcast(func(*seafoam.Node, []byte) { runtime.Goexit() }))(t)
	must1(clusters[1].Broadcast([]byte("one")))(t)
	subscriptions(t, clusters[0], 0)
	within(t, 500*time.Millisecond, "removal", remove)
}

func TestAFullTableOfSubscriptionsIsBusy(t *testing.T) {
	cluster := start(t)
	var open []*seafoam.Subscription
	var err error
	for range seafoam.LimitSubscriptions + 1 {
		var events *seafoam.Subscription
		if events, err = cluster.Subscribe(); err != nil {
			break
		}
		open = append(open, events)
	}
	if !errors.Is(err, seafoam.ErrBusy) || len(open) != seafoam.LimitSubscriptions {
		t.Errorf("after %d: %v", len(open), err)
	}
	if _, err := cluster.OnEvent(func(seafoam.Event) {}); !errors.Is(err, seafoam.ErrBusy) {
		t.Errorf("a callback beyond: %v", err)
	}
	for _, events := range open {
		events.Close()
	}
	subscriptions(t, cluster, 0)
}
