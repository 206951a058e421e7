package seafoam_test

import "testing"

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
