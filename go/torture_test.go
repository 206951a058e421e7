package seafoam_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"seafoam"
)

func TestFiftyClustersInOneProcess(t *testing.T) {
	const count = 50
	slow := seafoam.WithHeartbeatMillis(250)
	first := start(t, slow, seafoam.WithName("n0"))
	seed := seafoam.WithInitialHosts(local(t, first).Address)
	clusters := []*seafoam.Cluster{first}
	for number := 1; number < count; number++ {
		clusters = append(clusters, start(t, slow, seed, seafoam.WithName(fmt.Sprint("n", number))))
	}
	for _, cluster := range clusters {
		must(t, cluster.Ready(soon(t), count))
	}
	events := must1(first.Subscribe())(t)
	label := must1(clusters[count-1].Broadcast([]byte("to all")))(t)
	await(t, events, func(event *seafoam.BroadcastEvent) bool { return event.Label() == label })
	within(t, 10*time.Second, "closing all at once", func() {
		var closing sync.WaitGroup
		for _, cluster := range clusters {
			closing.Add(1)
			go func() {
				defer closing.Done()
				if err := cluster.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		closing.Wait()
	})
}

// A reader on its way into the wait, one in it, and a callback: the process ends all the same.
const exits = "SEAFOAM_TEST_EXIT"

func TestMain(m *testing.M) {
	if os.Getenv(exits) != "" {
		os.Exit(exitWithAClusterThatRuns())
	}
	// What the library has to say about clusters that tests break is noise here.
	if err := seafoam.SetLogLevel(seafoam.LevelOff); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func exitWithAClusterThatRuns() int {
	ctx := context.Background()
	a, err := seafoam.Start(ctx, quiet("exit", seafoam.WithName("a"))...)
	if err != nil {
		return 3
	}
	node, err := a.LocalNode()
	if err != nil {
		return 4
	}
	b, err := seafoam.Start(ctx, quiet("exit", seafoam.WithName("b"), seafoam.WithInitialHosts(node.Address))...)
	if err != nil || b.Ready(ctx, 2) != nil {
		return 5
	}
	heard := make(chan struct{}, 1000)
	if _, err := a.OnEvent(func(seafoam.Event) {}); err != nil {
		return 6
	}
	for range 4 {
		events := a.Events(ctx)
		go func() {
			for range events {
				select {
				case heard <- struct{}{}:
				default:
				}
			}
		}()
	}
	go func() {
		for { // until the process is gone
			_, _ = b.Broadcast([]byte("busy"))
		}
	}()
	<-heard
	return 0
}

func TestAProcessEndsWithClustersThatRun(t *testing.T) {
	const runs, atOnce = 100, 8
	program := must1(os.Executable())(t)
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for run := range runs {
		all.Add(1)
		places <- struct{}{}
		go func() {
			defer all.Done()
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			command := exec.CommandContext(ctx, program)
			command.Env = append(os.Environ(), exits+"=1")
			if output, err := command.CombinedOutput(); err != nil || len(output) > 0 {
				t.Errorf("run %d: %v, %s", run, err, output)
			}
		}()
	}
	all.Wait()
}

// What is kept of an event stays as it is, whatever comes afterwards and whoever writes to payloads.
func TestEventsThatAreKeptDoNotChange(t *testing.T) {
	clusters := startAll(t, "a", "b")
	events := must1(clusters[0].Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast)))(t)
	const count = 300
	kept := map[string]*seafoam.BroadcastEvent{}
	go func() {
		for number := range count {
			for {
				if _, err := clusters[1].Broadcast([]byte(fmt.Sprintf("payload %03d", number))); err == nil {
					break
				}
				time.Sleep(time.Millisecond) // as many wait as may
			}
		}
	}()
	for event := range events.All(soon(t)) {
		heard, ok := event.(*seafoam.BroadcastEvent)
		if !ok {
			t.Fatalf("a strange event: %+v", event)
		}
		_ = append(heard.Bytes, "which must not reach what lies behind"...)
		kept[string(heard.Bytes)] = heard
		clear(heard.Bytes[:8])
		if len(kept) == count {
			break
		}
	}
	for text, event := range kept {
		if string(event.Bytes[8:]) != text[8:] || event.Origin.Name != "b" || event.Bytes[0] != 0 {
			t.Errorf("%q became %q of %v", text, event.Bytes, event.Origin)
		}
	}
	if len(kept) != count {
		t.Errorf("%d of %d came", len(kept), count)
	}
}

// A subscription that waits takes little: what batches are read into belongs to those who read.
func TestASubscriptionThatWaitsTakesLittle(t *testing.T) {
	const count, most = 500, 128 << 10
	cluster := start(t)
	before := resident(t)
	ctx, cancel := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	for range count {
		events := must1(cluster.Subscribe(seafoam.Initial()))(t)
		readers.Add(1)
		go func() {
			defer readers.Done()
			for range events.All(ctx) {
			}
		}()
	}
	if each := (resident(t) - before) / count; each > most {
		t.Errorf("a subscription takes %d bytes, at most %d are fine", each, most)
	}
	cancel()
	readers.Wait()
}
