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
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// EventOption chooses what a subscription brings.
type EventOption func(*eventOptions)

type eventOptions struct {
	kinds    uint32
	capacity int
	initial  bool
	problem  error
}

// OnlyKinds asks for events of these kinds alone; KindLagged and KindClosed always come.
func OnlyKinds(kinds ...EventKind) EventOption {
	return func(options *eventOptions) {
		for _, kind := range kinds {
			if kind < 0 || kind > 31 {
				options.problem = badArgument("kinds", fmt.Sprintf("has %d, which is no kind", int(kind)))
				return
			}
			options.kinds |= 1 << uint(kind)
		}
	}
}

// Capacity sets how many events may wait for the reader, instead of event_capacity.
func Capacity(events int) EventOption {
	return func(options *eventOptions) {
		if events <= 0 {
			what := fmt.Sprintf("= %d is refused: it takes a whole number from 1 to %d", events, LimitEventCapacityMaximum)
			options.problem = badArgument("capacity", what)
		}
		options.capacity = events
	}
}

// Initial begins with the present members (as status events from StatusUnknown) and validity,
// without a gap to what follows.
func Initial() EventOption {
	return func(options *eventOptions) { options.initial = true }
}

// Subscription is an independent, bounded queue of events that begins when it is opened. A reader
// that waits holds neither a thread nor a goroutine of this package. A slow reader loses the oldest
// broadcasts and messages and learns how many by a LaggedEvent; of a node's status it may miss steps
// in between, never the last one.
//
// Any goroutine may read; each event goes to one of them. End it by Close.
type Subscription struct {
	uses references
	raw  *C.seafoam_events
	// A second descriptor of the stream's eventfd, known to the poller of the Go runtime.
	file *os.File
	conn syscall.RawConn
	// What was pulled last. Readers take from it without the turn; who finds it empty pulls the next.
	batch atomic.Pointer[batch]
	// Held by whoever pulls, or waits for something to pull: one at a time.
	turn chan struct{}
	// The last node that was pulled, which the next one may be again.
	last *Node
}

// Subscribe opens a subscription that begins now.
//
// Errors: ErrInvalidConfig for a capacity out of range, ErrBusy where too many are open, ErrInternal
// where the process has no file descriptor left, ErrClosed.
func (c *Cluster) Subscribe(options ...EventOption) (*Subscription, error) {
	var chosen eventOptions
	for _, option := range options {
		option(&chosen)
	}
	if chosen.problem != nil {
		return nil, chosen.problem
	}
	s := &Subscription{turn: make(chan struct{}, 1), last: &noNode}
	err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_events(
			raw, C.uint32_t(chosen.kinds), C.size_t(chosen.capacity), C.bool(chosen.initial), &s.raw, failure)
	})
	if err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		s.free()
		return nil, err
	}
	s.uses.count.Store(1)
	runtime.SetFinalizer(s, (*Subscription).Close)
	return s, nil
}

// open makes the runtime's poller watch the stream. The stream's own descriptor stays the library's.
func (s *Subscription) open() error {
	var fd C.int
	var failure *C.seafoam_error
	if err := toError(C.seafoam_events_fd(s.raw, &fd, &failure), failure); err != nil {
		return err
	}
	number, _, fault := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if fault != 0 {
		return &Error{Code: ErrInternal, Message: "no file descriptor for the stream: " + fault.Error()}
	}
	s.file = os.NewFile(number, "seafoam-events")
	conn, err := s.file.SyscallConn()
	if err == nil {
		err = s.file.SetReadDeadline(time.Time{}) // fails where the poller does not watch it
	}
	if err != nil {
		return &Error{Code: ErrInternal, Message: "the stream cannot be polled: " + err.Error()}
	}
	s.conn = conn
	return nil
}

func (s *Subscription) free() {
	if s.file != nil {
		_ = s.file.Close() // it only takes the descriptor from the poller
	}
	C.seafoam_events_free(s.raw)
}

func (s *Subscription) release() {
	if s.uses.release() {
		s.free()
	}
}

// Close ends the subscription: a reader that waits gets what is left, then a ClosedEvent. It may be
// called twice, and from any goroutine. A subscription that is not closed ends when it is garbage.
func (s *Subscription) Close() {
	if !s.uses.acquire() {
		return
	}
	defer s.release()
	C.seafoam_events_close(s.raw)
	s.uses.drop()
}

// Next waits for the next event. The subscription goes on after it returned the context's error:
// nothing is lost.
//
// Errors: ErrClosed once the ClosedEvent was read, the context's error (a deadline's is ErrTimeout
// too).
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx, "next")
	}
	if event := s.batch.Load().take(); event != nil {
		return event, nil
	}
	if !s.uses.acquire() {
		return nil, errClosed()
	}
	defer s.release()
	return s.refill(ctx)
}

// refill pulls the next batch, waiting for it, and takes its first event. The caller uses the handle.
func (s *Subscription) refill(ctx context.Context) (Event, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, contextError(ctx, "next")
	}
	defer func() { <-s.turn }()
	for {
		// Another reader may have pulled while this one waited for its turn, and others may take all
		// of what this one pulls.
		if event := s.batch.Load().take(); event != nil {
			return event, nil
		}
		s.batch.Store(nil) // what was read is not kept alive by waiting
		pulled, err := s.wait(ctx)
		if err != nil {
			return nil, err
		}
		s.batch.Store(pulled)
	}
}

// wait pulls what is there, or waits until something is. The caller has the turn.
func (s *Subscription) wait(ctx context.Context) (*batch, error) {
	if pulled, err := pull(s.raw, &s.last); err != nil || pulled != nil {
		return pulled, err
	}
	if ctx.Done() != nil {
		fired := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(fired)
			_ = s.file.SetReadDeadline(time.Unix(1, 0)) // fails where the file is closed: then nobody waits
		})
		defer func() {
			if !stop() {
				<-fired // else it could end the wait of the next reader
				_ = s.file.SetReadDeadline(time.Time{})
			}
		}()
	}
	var pulled *batch
	var problem error
	err := s.conn.Read(func(uintptr) bool {
		pulled, problem = pull(s.raw, &s.last)
		return problem != nil || pulled != nil
	})
	switch {
	case err == nil:
		return pulled, problem
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return nil, contextError(ctx, "next")
	default:
		return nil, &Error{Code: ErrInternal, Message: "waiting for events failed: " + err.Error()}
	}
}

// All iterates over the events until ctx is done or the subscription ends; the last one of an end is
// a ClosedEvent. Iterating again goes on with the next event.
func (s *Subscription) All(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		if s.uses.acquire() { // once for all: closing lets this loop read what is left
			defer s.release()
			s.each(ctx, false, yield)
		}
	}
}

// each hands events over until ctx is done. Where ctx closes the subscription, that ends the wait for
// more, and the ClosedEvent that comes of it is not meant for the loop.
func (s *Subscription) each(ctx context.Context, closes bool, yield func(Event) bool) {
	done, waiting := ctx.Done(), ctx
	if closes {
		waiting = context.Background()
	}
	for {
		select {
		case <-done:
			return
		default:
		}
		event := s.batch.Load().take()
		if event == nil {
			var err error
			if event, err = s.refill(waiting); err != nil || (closes && ctx.Err() != nil) {
				return
			}
		}
		if !yield(event) {
			return
		}
	}
}

// Events opens a subscription that begins at this call, and iterates over its events. It ends with
// ctx, with break, and after the ClosedEvent of a cluster that was closed. Where no subscription can
// be opened, it brings a ClosedEvent with the error (Subscribe returns it instead).
//
// It can be iterated over once; where it never is, it ends with ctx or when it is garbage.
func (c *Cluster) Events(ctx context.Context, options ...EventOption) iter.Seq[Event] {
	s, err := c.Subscribe(options...)
	if err != nil {
		return func(yield func(Event) bool) { yield(&ClosedEvent{err}) }
	}
	// One registration for the whole iteration: closing wakes the reader.
	stop := context.AfterFunc(ctx, s.Close)
	return func(yield func(Event) bool) {
		if !s.uses.acquire() {
			return
		}
		defer s.release()
		defer s.Close()
		defer stop()
		s.each(ctx, true, yield)
	}
}
