package seafoam

/*
#cgo CFLAGS: -Wall -Wextra
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"
)

// leaveTimeout is how long Leave waits for peers where the context sets no deadline.
const leaveTimeout = 5 * time.Second

// references counts who uses a handle of C, which must not be freed under a call.
type references struct {
	count   atomic.Int64
	dropped atomic.Bool
}

// acquire adds a user, unless the handle is gone.
func (r *references) acquire() bool {
	for {
		count := r.count.Load()
		if count == 0 {
			return false
		}
		if r.count.CompareAndSwap(count, count+1) {
			return true
		}
	}
}

// release tells whether the last user went, who frees the handle.
func (r *references) release() bool { return r.count.Add(-1) == 0 }

// drop gives the owner's reference up, once. The caller holds another.
func (r *references) drop() {
	if r.dropped.CompareAndSwap(false, true) {
		r.release()
	}
}

// Cluster is one node's membership in one cluster; any number of them per process. Get one from
// Start, and end it by Close.
type Cluster struct {
	uses      references
	raw       *C.seafoam_cluster
	callbacks callbacks
}

// Start binds the sockets, begins to probe, and goes on to join in the background: a seed that
// cannot be reached is retried for ever and never fatal. It returns once this node has started, not
// once it has met anybody (see Ready).
//
// Where ctx is done before, it returns the context's error, and whatever was started is closed. The
// cluster does not depend on ctx afterwards.
//
// Errors: ErrInvalidConfig, ErrNotAvailable, ErrKeyRequired, ErrAddressInUse, ErrInvalidAddress,
// ErrResolveFailed; then nothing is left half-started.
func Start(ctx context.Context, options ...Option) (*Cluster, error) {
	start := func() (*Cluster, error) {
		config := C.seafoam_config_new()
		defer C.seafoam_config_free(config)
		if err := configure(config, options); err != nil {
			return nil, err
		}
		var failure *C.seafoam_error
		cluster := &Cluster{}
		code := C.seafoam_cluster_start(config, &cluster.raw, &failure)
		if err := toError(code, failure); err != nil {
			return nil, err
		}
		cluster.uses.count.Store(1)
		return cluster, nil
	}
	return await(ctx, "start", start, func(cluster *Cluster) { _ = cluster.Close() })
}

// call makes one call with the handle, which cannot be freed meanwhile.
func (c *Cluster) call(
	make func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code,
) error {
	if !c.uses.acquire() {
		return errClosed()
	}
	defer c.release()
	var failure *C.seafoam_error
	return toError(make(c.raw, &failure), failure)
}

func (c *Cluster) release() {
	if c.uses.release() {
		C.seafoam_cluster_free(c.raw)
	}
}

// Ready waits until minMembers members are healthy, the local one included. Without a deadline in
// ctx it waits until that is so, or the cluster is closed.
//
// Errors: ErrTimeout with how many there were, ErrClosed, the context's error.
func (c *Cluster) Ready(ctx context.Context, minMembers int) error {
	return c.ready(ctx, minMembers, false)
}

// ReadyValid waits as Ready does, and until IsValid is true too.
//
// Errors: as Ready, telling which lighthouses are missing, and at once ErrNotValid where the
// configuration can never make it true.
func (c *Cluster) ReadyValid(ctx context.Context, minMembers int) error {
	return c.ready(ctx, minMembers, true)
}

func (c *Cluster) ready(ctx context.Context, minMembers int, valid bool) error {
	if minMembers < 0 {
		return badArgument("minMembers", fmt.Sprintf("= %d is negative", minMembers))
	}
	total := remaining(ctx, forever)
	wait := func() (struct{}, error) { return struct{}{}, c.readyInSlices(ctx, minMembers, valid, total) }
	_, err := await(ctx, "ready", wait, func(struct{}) {})
	return err
}

// readyInSlices waits a slice at a time, so that a wait that was abandoned ends soon after.
func (c *Cluster) readyInSlices(ctx context.Context, least int, valid bool, total time.Duration) error {
	begin := time.Now()
	for {
		timeout := slice
		last := false
		if total >= 0 {
			left := max(0, total-time.Since(begin))
			last = left <= slice
			timeout = min(left, slice)
		}
		err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_ready(raw, C.size_t(least), C.bool(valid), C.int64_t(millis(timeout)), failure)
		})
		failure, timedOut := err.(*Error)
		if !timedOut || failure.Code != ErrTimeout {
			return err
		}
		if last {
			if total > slice {
				failure.Message += fmt.Sprintf(", the last of %d ms", millis(total))
			}
			return err
		}
		if ctx.Err() != nil {
			return contextError(ctx, "ready")
		}
	}
}

// Leave tells the peers that this node leaves: they see StatusLeft. It returns when enough of them
// know, may be called twice, and leaves reading calls working until Close. Without a deadline in ctx
// it waits for 5 s at most.
//
// Errors: ErrTimeout where too few peers acknowledged in time (this node has stopped taking part all
// the same), ErrClosed, the context's error (leaving goes on).
func (c *Cluster) Leave(ctx context.Context) error {
	timeout := C.int64_t(millis(remaining(ctx, leaveTimeout)))
	return c.wait(ctx, "leave", func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_leave(raw, timeout, failure)
	})
}

// wait makes a call that waits in the engine and has no result.
func (c *Cluster) wait(
	ctx context.Context, name string,
	make func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code,
) error {
	call := func() (struct{}, error) { return struct{}{}, c.call(make) }
	_, err := await(ctx, name, call, func(struct{}) {})
	return err
}

// Close releases everything in well under a second: sockets, waiting calls (they answer ErrClosed),
// subscriptions (they end with a ClosedEvent) and callbacks. It waits for running callbacks, at most
// 1 s, unless it is called from inside one. Without Leave before, it looks like a crash to the peers.
//
// Closing twice, and from several goroutines, is fine.
func (c *Cluster) Close() error {
	if !c.uses.acquire() {
		return nil
	}
	defer c.release()
	var failure *C.seafoam_error
	err := toError(C.seafoam_cluster_close(c.raw, &failure), failure)
	c.callbacks.finish()
	c.uses.drop()
	return err
}

// IsClosed tells whether the cluster was closed, or closed itself.
func (c *Cluster) IsClosed() bool {
	if !c.uses.acquire() {
		return true
	}
	defer c.release()
	return bool(C.seafoam_cluster_is_closed(c.raw))
}

// withText makes a text of C for the time of a call.
func withText(name, text string, use func(*C.char) error) error {
	if err := checkText(name, text); err != nil {
		return err
	}
	copied := C.CString(text)
	defer C.free(unsafe.Pointer(copied))
	return use(copied)
}

// takeText copies a text that C gave away, and frees it.
func takeText(text *C.char) string {
	defer C.seafoam_string_free(text)
	return C.GoString(text)
}
