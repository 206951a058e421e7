package seafoam

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// callbackWait is how long removal, or Close, waits for a running call.
const callbackWait = LimitCallbackWaitMillis * time.Millisecond

// callbacks are the functions that are installed in one cluster.
type callbacks struct {
	lock sync.Mutex
	all  map[*callback]struct{}
	// Set by finish: what is installed afterwards would be called after Close returned.
	over bool
}

// callback is one function, called on one goroutine, which a subscription feeds.
type callback struct {
	events *Subscription
	call   func(Event)
	// Closed when nothing will be called any more.
	ended chan struct{}

	lock      sync.Mutex
	removed   bool
	running   bool
	goroutine string
	// Closed when the running call returns; made by who waits for it.
	returned chan struct{}
}

// OnStatus calls a function with each node whose status changed. See OnEvent for the rest.
func (c *Cluster) OnStatus(call func(node *Node, status NodeStatus)) (remove func(), err error) {
	if call == nil {
		return func() {}, badArgument("call", "is nil")
	}
	return c.OnEvent(func(event Event) {
		if event, ok := event.(*StatusEvent); ok {
			call(event.Node, event.Status)
		}
	}, KindStatus)
}

// OnBroadcast calls a function with the origin and the payload of each broadcast. See OnEvent for the
// rest.
func (c *Cluster) OnBroadcast(call func(origin *Node, payload []byte)) (remove func(), err error) {
	if call == nil {
		return func() {}, badArgument("call", "is nil")
	}
	return c.OnEvent(func(event Event) {
		if event, ok := event.(*BroadcastEvent); ok {
			call(event.Origin, event.Bytes)
		}
	}, KindBroadcast)
}

// OnEvent calls a function with each event of these kinds (none: all), one call at a time, on a
// goroutine of its own, from now until remove or Close. Any call of this package may be made from
// inside. A function that panics is logged and stays.
//
// remove may be called twice. It waits for a running call, at most 1 s, unless it is called from
// inside that call; none begins after it returned. Where an error is returned, it does nothing.
//
// Errors: ErrInvalidConfig where the function is nil, ErrBusy where too many are installed, ErrClosed.
func (c *Cluster) OnEvent(call func(Event), kinds ...EventKind) (remove func(), err error) {
	if call == nil {
		return func() {}, badArgument("call", "is nil")
	}
	events, err := c.Subscribe(OnlyKinds(kinds...))
	if err != nil {
		return func() {}, err
	}
	wanted := func(Event) bool { return true }
	if len(kinds) > 0 {
		// Lagged and closed events always come to a subscription; a function gets what it asked for.
		wanted = func(event Event) bool {
			for _, kind := range kinds {
				if event.Kind() == kind {
					return true
				}
			}
			return false
		}
	}
	installed := &callback{events: events, call: call, ended: make(chan struct{})}
	if !c.callbacks.add(installed) {
		events.Close()
		return func() {}, errClosed()
	}
	go func() {
		defer c.callbacks.forget(installed)
		installed.run(wanted)
	}()
	return installed.remove, nil
}

func (a *callbacks) add(installed *callback) bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.over {
		return false
	}
	if a.all == nil {
		a.all = map[*callback]struct{}{}
	}
	a.all[installed] = struct{}{}
	return true
}

func (a *callbacks) forget(installed *callback) {
	a.lock.Lock()
	defer a.lock.Unlock()
	delete(a.all, installed)
}

// finish waits, after the cluster was closed, until every function got what was left for it, for
// callbackWait at most and not from inside one of them; no call begins afterwards.
func (a *callbacks) finish() {
	a.lock.Lock()
	a.over = true
	installed := make([]*callback, 0, len(a.all))
	for each := range a.all {
		installed = append(installed, each)
	}
	a.lock.Unlock()
	if len(installed) == 0 {
		return
	}
	self, inside := goroutine(), false
	for _, each := range installed {
		inside = inside || each.runsOn(self)
	}
	if !inside {
		timer := time.NewTimer(callbackWait)
		defer timer.Stop()
		for _, each := range installed {
			select {
			case <-each.ended:
				continue
			case <-timer.C:
			}
			break
		}
	}
	for _, each := range installed {
		each.lock.Lock()
		each.removed = true
		each.lock.Unlock()
	}
}

// run feeds the function until its subscription ends. A function that ends its goroutine ends here
// too, as a function that is removed does.
func (b *callback) run(wanted func(Event) bool) {
	defer close(b.ended)
	defer b.events.Close()
	self := goroutine()
	for event := range b.events.All(context.Background()) {
		if wanted(event) && !b.invoke(event, self) {
			return
		}
	}
}

// invoke calls the function, unless it was removed, and tells whether it stays.
func (b *callback) invoke(event Event, self string) (stays bool) {
	b.lock.Lock()
	if b.removed {
		b.lock.Unlock()
		return false
	}
	b.running, b.goroutine = true, self
	b.lock.Unlock()
	defer func() {
		if problem := recover(); problem != nil {
			stays = true
			text := fmt.Sprintf("a callback panicked on a %s event; it stays installed: %v\n%s",
				event.Kind(), problem, debug.Stack())
			_ = Log(LevelError, string(bytes.ReplaceAll([]byte(text), []byte{0}, []byte("?"))))
		}
		b.lock.Lock()
		b.running = false
		if b.returned != nil {
			close(b.returned)
			b.returned = nil
		}
		b.lock.Unlock()
	}()
	b.call(event)
	return true
}

func (b *callback) runsOn(goroutine string) bool {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.running && b.goroutine == goroutine
}

func (b *callback) remove() {
	b.lock.Lock()
	b.removed = true
	var returned chan struct{}
	if b.running && b.goroutine != goroutine() {
		if b.returned == nil {
			b.returned = make(chan struct{})
		}
		returned = b.returned
	}
	b.lock.Unlock()
	b.events.Close()
	if returned != nil {
		timer := time.NewTimer(callbackWait)
		defer timer.Stop()
		select {
		case <-returned:
		case <-timer.C:
		}
	}
}

// goroutine names the goroutine that asks. The runtime tells it in no other way, and without it a
// function that removes itself, or closes its cluster, would wait for itself.
func goroutine() string {
	var text [64]byte
	words := bytes.Fields(text[:runtime.Stack(text[:], false)])
	if len(words) < 2 {
		return ""
	}
	return string(words[1])
}
