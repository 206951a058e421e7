package seafoam

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"
)

const (
	// forever is the timeout of a call that has none.
	forever time.Duration = -1
	// grace is how long the engine's own answer to a deadline is waited for: it says more.
	grace = 250 * time.Millisecond
	// slice is how long an abandoned wait goes on at most.
	slice = time.Second
)

// millis turns a timeout into that of the C ABI; a part of a millisecond counts as a whole one.
func millis(timeout time.Duration) int64 {
	if timeout < 0 {
		return -1
	}
	return int64(math.Ceil(float64(timeout) / float64(time.Millisecond)))
}

// remaining is the time until the context's deadline, or fallback where it has none.
func remaining(ctx context.Context, fallback time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return fallback
	}
	return max(0, time.Until(deadline))
}

type outcome[T any] struct {
	value T
	err   error
}

// await runs a call that waits in the engine, and returns as soon as the context is done. The call
// then goes on by itself, and what it comes to is handed to abandon.
func await[T any](ctx context.Context, name string, call func() (T, error), abandon func(T)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, contextError(ctx, name)
	}
	if ctx.Done() == nil {
		return call()
	}
	results := make(chan outcome[T], 1)
	var taken atomic.Bool
	go func() {
		value, err := call()
		if taken.CompareAndSwap(false, true) {
			results <- outcome[T]{value, err}
		} else if err == nil {
			abandon(value)
		}
	}()
	var late <-chan time.Time
	done := ctx.Done()
	for {
		select {
		case result := <-results:
			return result.value, withCause(ctx, result.err)
		case <-done:
			done = nil
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				timer := time.NewTimer(grace)
				defer timer.Stop()
				late = timer.C
				continue
			}
		case <-late:
		}
		if taken.CompareAndSwap(false, true) {
			return none, contextError(ctx, name)
		}
		result := <-results
		return result.value, result.err
	}
}

// withCause adds the context's error to a timeout that its deadline brought about.
func withCause(ctx context.Context, err error) error {
	var failure *Error
	if _, ok := ctx.Deadline(); ok && errors.As(err, &failure) && failure.Code == ErrTimeout {
		failure.cause = context.DeadlineExceeded
	}
	return err
}
