//go:build seafoam_bench

package seafoam_test

import (
	"context"
	"testing"
	"time"

	"seafoam"
)

const payloadBytes = 64

// What an event costs its reader, from a queue that is full already: copied into memory of Go.
func BenchmarkEventsThatWait(b *testing.B) {
	const events = 16384
	cluster := start(b)
	reader := must1(cluster.Subscribe(seafoam.Capacity(events), seafoam.OnlyKinds(seafoam.KindBroadcast)))(b)
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		count := min(events, b.N-done)
		b.StopTimer()
		must(b, cluster.BenchPublish(count, payloadBytes))
		b.StartTimer()
		for range count {
			must1(reader.Next(ctx))(b)
		}
		done += count
	}
	rate(b)
}

// Publisher and reader at once: the time of a whole event, with wake-ups.
func BenchmarkEventsAsTheyCome(b *testing.B) {
	for name, read := range map[string]func(*seafoam.Cluster, int) <-chan struct{}{
		"Events": readByLoop(b), "OnBroadcast": readByCallback(b),
	} {
		b.Run(name, func(b *testing.B) {
			cluster := start(b, seafoam.WithEventCapacity(seafoam.LimitEventCapacityMaximum))
			b.ReportAllocs()
			b.ResetTimer()
			// A subscription holds 4 MiB of payloads at most.
			const window = 16384
			for done := 0; done < b.N; {
				count := min(window, b.N-done)
				finished := read(cluster, count)
				for sent := 0; sent < count; sent += 64 {
					must(b, cluster.BenchPublish(min(64, count-sent), payloadBytes))
				}
				<-finished
				done += count
			}
			rate(b)
		})
	}
}

func readByLoop(b *testing.B) func(*seafoam.Cluster, int) <-chan struct{} {
	return func(cluster *seafoam.Cluster, count int) <-chan struct{} {
		finished := make(chan struct{})
		events := cluster.Events(context.Background(), seafoam.OnlyKinds(seafoam.KindBroadcast))
		go func() {
			defer close(finished)
			for event := range events {
				if event.Kind() != seafoam.KindBroadcast {
					b.Errorf("not a broadcast: %+v", event)
				}
				if count--; count == 0 {
					return
				}
			}
		}()
		return finished
	}
}

func readByCallback(b *testing.B) func(*seafoam.Cluster, int) <-chan struct{} {
	return func(cluster *seafoam.Cluster, count int) <-chan struct{} {
		finished := make(chan struct{})
		remove := must1(cluster.OnBroadcast(func(*seafoam.Node, []byte) {
			if count--; count == 0 {
				close(finished)
			}
		}))(b)
		go func() {
			<-finished
			remove()
		}()
		return finished
	}
}

func rate(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// A reader that sleeps while 100 000 events are published slows neither them nor another reader, and
// knows the last status of every node afterwards.
func TestAReaderThatSleepsSlowsNobody(t *testing.T) {
	const count, chunk, capacity = 100_000, 256, 1000
	cluster := start(t, seafoam.WithName("a"))
	sleeper := must1(cluster.Subscribe(seafoam.Initial(), seafoam.Capacity(capacity)))(t)
	awake := must1(cluster.Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast), seafoam.Capacity(2*chunk)))(t)
	other := start(t, seafoam.WithClusterName(t.Name()), seafoam.WithName("b"),
		seafoam.WithInitialHosts(local(t, cluster).Address))
	must(t, cluster.Ready(soon(t), 2))
	within(t, 10*time.Second, "publishing and reading", func() {
		for sent := 0; sent < count; sent += chunk {
			must(t, cluster.BenchPublish(chunk, payloadBytes))
			for range chunk {
				if event := must1(awake.Next(soon(t)))(t); event.Kind() != seafoam.KindBroadcast {
					t.Fatalf("the reader that is awake lost events: %+v", event)
				}
			}
		}
	})
	must(t, other.Leave(soon(t)))
	statuses, broadcasts, missed := map[string]seafoam.NodeStatus{}, 0, uint64(0)
	for event := range sleeper.All(soon(t)) {
		switch event := event.(type) {
		case *seafoam.StatusEvent:
			statuses[event.Node.Name] = event.Status
		case *seafoam.BroadcastEvent:
			broadcasts++
		case *seafoam.LaggedEvent:
			missed += event.Missed
		}
		if statuses["b"] == seafoam.StatusLeft && broadcasts == capacity {
			break
		}
	}
	if statuses["a"] != seafoam.StatusAlive || missed+uint64(broadcasts) != (count+chunk-1)/chunk*chunk {
		t.Errorf("statuses %v, %d broadcasts, %d missed", statuses, broadcasts, missed)
	}
}
