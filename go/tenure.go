package seafoam

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// ErrLeadershipLost is, by errors.Is, the cause of a tenure's context that ended because the lead was
// lost. The cause is ErrNotLeader too.
var ErrLeadershipLost = errors.New("seafoam: the lead was lost")

// Tenure is one time of this node as leader. Get it from Leadership.
type Tenure struct {
	// Term is the fencing token: higher than that of every tenure before, of any node. Send it along
	// with what must not happen twice, and let the store refuse lower ones.
	Term uint64
	// TermQuality says how far the term can be trusted.
	TermQuality TermQuality

	ctx     context.Context
	cluster *Cluster
	kept    bool
}

// Context ends with the tenure, or with the context that Leadership was given. Its cause
// (context.Cause) is ErrLeadershipLost where the lead was lost.
func (t *Tenure) Context() context.Context { return t.ctx }

// IsHeld tells whether this tenure still runs: the clock is read at each call. A goroutine may be
// held up right after it, and so may the one that ends the context: the term guards the effect.
func (t *Tenure) IsHeld() bool {
	lease, err := t.cluster.Lease()
	return err == nil && lease != nil && lease.Term == t.Term
}

// Resign gives this tenure up, and no later one; nothing happens where it is over. It returns when a
// majority of the lighthouses knows, so that another can lead at once.
//
// Errors: the context's error.
func (t *Tenure) Resign(ctx context.Context) error {
	if t.cluster.IsClosed() {
		return nil
	}
	return t.cluster.wait(ctx, "resign", func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_leadership_resign(raw, C.uint64_t(t.Term), failure)
	})
}

// Keep has the end of the loop's turn not give the lead up.
func (t *Tenure) Keep() { t.kept = true }

// Leadership ranges over the tenures of this node, one after the other. Where it leads already, that
// tenure is the first:
//
//	for tenure, err := range cluster.Leadership(ctx) {
//		if err != nil {
//			return err
//		}
//		work(tenure.Context(), tenure.Term)
//	}
//
// Work ends when the tenure's context does. The end of each turn of the loop, and leaving it, gives
// the lead up, unless Keep was called, and waits until a majority of the lighthouses knows, for the
// length of a lease at most.
//
// The range ends when ctx is done or the cluster is closed. Before that it may yield one error, with
// a nil tenure: ErrNotValid at once where nobody can ever lead here (no lighthouses that vote, or
// fallback), ErrBusy where 1024 wait.
func (c *Cluster) Leadership(ctx context.Context) iter.Seq2[*Tenure, error] {
	return func(yield func(*Tenure, error) bool) {
		var after uint64
		for {
			tenure, err := c.elected(ctx, after)
			if ctx.Err() != nil || errors.Is(err, ErrClosed) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			after = tenure.Term
			if !tenure.hold(ctx, yield) {
				return
			}
		}
	}
}

// hold runs one turn of the loop.
func (t *Tenure) hold(ctx context.Context, yield func(*Tenure, error) bool) bool {
	inside, cancel := context.WithCancelCause(ctx)
	t.ctx = inside
	defer func() {
		cancel(context.Canceled)
		if !t.kept {
			// Also where the loop's body panics; what cannot be told ends with the lease.
			_ = t.Resign(context.Background())
		}
	}()
	go t.watch(inside, cancel)
	return yield(t, nil)
}

// watch ends the context with the tenure; a slice at a time, so that it ends soon after its turn.
func (t *Tenure) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	for ctx.Err() == nil {
		err := t.cluster.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_leadership_lost(raw, C.uint64_t(t.Term), C.int64_t(millis(slice)), failure)
		})
		if !errors.Is(err, ErrTimeout) {
			message := fmt.Sprintf("the lead of term %d was lost", t.Term)
			cancel(&Error{Code: ErrNotLeader, Message: message, cause: ErrLeadershipLost})
			return
		}
	}
}

// elected waits for the next tenure, a slice at a time as Ready does.
func (c *Cluster) elected(ctx context.Context, after uint64) (*Tenure, error) {
	wait := func() (*Tenure, error) {
		for {
			var term C.uint64_t
			var quality C.seafoam_quality
			err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
				timeout := C.int64_t(millis(slice))
				return C.seafoam_cluster_leadership(raw, C.uint64_t(after), timeout, &term, nil, &quality, failure)
			})
			if err == nil {
				return &Tenure{Term: uint64(term), TermQuality: TermQuality(quality), cluster: c}, nil
			}
			if !errors.Is(err, ErrTimeout) || ctx.Err() != nil {
				return nil, err
			}
		}
	}
	return await(ctx, "leadership", wait, func(*Tenure) {})
}
