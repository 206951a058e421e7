//go:build seafoam_bench

package seafoam

/*
#include "bridge.h"
seafoam_code seafoam_bench_publish(const seafoam_cluster *cluster, uint32_t count,
                                   size_t payload_bytes, seafoam_error **error);
*/
import "C"

// BenchPublish publishes broadcasts without a network, for benchmarks. It is there in builds with
// the tag seafoam_bench alone, and needs a library that was built with its feature bench.
func (c *Cluster) BenchPublish(count, payloadBytes int) error {
	return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_bench_publish(raw, C.uint32_t(count), C.size_t(payloadBytes), failure)
	})
}
