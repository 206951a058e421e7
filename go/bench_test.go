package seafoam_test

import (
	"context"
	"testing"

	"seafoam"
)

func BenchmarkIsLeader(b *testing.B) {
	cluster := start(b)
	for range b.N {
		if cluster.IsLeader() {
			b.Fatal("leader of nobody")
		}
	}
}

func BenchmarkLocalNode(b *testing.B) {
	cluster := start(b)
	b.ReportAllocs()
	for range b.N {
		must1(cluster.LocalNode())(b)
	}
}

// A reader that is woken for each event: two clusters that answer each other's broadcasts.
func BenchmarkBroadcastRoundTrip(b *testing.B) {
	first := start(b, seafoam.WithName("first"))
	second := start(b, seafoam.WithName("second"), seafoam.WithInitialHosts(local(b, first).Address))
	must(b, second.Ready(context.Background(), 2))
	must(b, first.Ready(context.Background(), 2))
	onFirst := must1(first.Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast)))(b)
	remove := must1(second.OnBroadcast(func(_ *seafoam.Node, payload []byte) {
		must1(second.Broadcast(payload))(b)
	}))(b)
	defer remove()
	b.ResetTimer()
	for range b.N {
		must1(first.Broadcast([]byte("ping")))(b)
		must1(onFirst.Next(context.Background()))(b)
	}
}
