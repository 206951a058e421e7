package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"seafoam"
)

const (
	slowCapacity  = 64
	slowEvery     = 200 * time.Millisecond
	readyWithin   = 5 * time.Second
	receiptWithin = 3 * time.Second
	rotateWithin  = 20 * time.Second
)

// work is a fast reader and a slow one, and what commands ask for.
type work struct {
	cluster                           *seafoam.Cluster
	heard, got, lagged, taken, missed atomic.Uint64
}

// open begins to read where LAB_WORK is set.
func (w *work) open(ctx context.Context) error {
	if os.Getenv("LAB_WORK") == "" {
		return nil
	}
	fast, err := w.cluster.Subscribe(seafoam.Initial())
	if err != nil {
		return err
	}
	slow, err := w.cluster.Subscribe(seafoam.Capacity(slowCapacity))
	if err != nil {
		return err
	}
	go w.read(ctx, fast)
	go w.dawdle(ctx, slow)
	return nil
}

func (w *work) read(ctx context.Context, events *seafoam.Subscription) {
	defer events.Close()
	for event := range events.All(ctx) {
		switch event := event.(type) {
		case *seafoam.BroadcastEvent:
			w.heard.Add(1)
		case *seafoam.MessageEvent:
			w.got.Add(1)
		case *seafoam.LaggedEvent:
			w.lagged.Add(event.Missed)
		case *seafoam.StatusEvent:
			tell(event.Node)
		case *seafoam.NodeEvent: // a new run, or other tags
			tell(event.Node)
		}
	}
}

func tell(node *seafoam.Node) {
	say(`{"event":"status","at":%d,"node":%q,"generation":%d,"status":%q}`,
		now(), node.Name, node.Generation, node.Status.String())
}

func (w *work) dawdle(ctx context.Context, events *seafoam.Subscription) {
	defer events.Close()
	for event := range events.All(ctx) {
		w.taken.Add(1)
		if lagged, is := event.(*seafoam.LaggedEvent); is {
			w.missed.Add(lagged.Missed)
		}
		time.Sleep(slowEvery)
	}
}

// obey carries a command out, waits for it and answers; false where it is none of these.
func (w *work) obey(ctx context.Context, command, argument string) bool {
	text, err := "", error(nil)
	switch command {
	case "broadcast":
		err = repeat(argument, func() error {
			_, err := w.cluster.Broadcast([]byte("of the soak"))
			return err
		})
	case "receipt":
		var receipt *seafoam.Receipt
		receipt, err = w.cluster.BroadcastWithReceipt(ctx, []byte("with a receipt"), receiptWithin)
		if err == nil {
			text = fmt.Sprintf("%d %d", len(receipt.Confirmed), len(receipt.Missing))
		}
	case "send":
		err = w.cluster.Send(ctx, argument, []byte("hello"))
	case "tags":
		err = w.cluster.SetTags(map[string]string{"round": argument})
	case "install":
		text, err = w.cluster.Keyring().Install(argument)
	case "rotate":
		within, stop := context.WithTimeout(ctx, rotateWithin)
		_, err = w.cluster.Keyring().Rotate(within, argument)
		stop()
	case "use":
		err = w.cluster.Keyring().Use(argument)
	case "retire":
		err = w.cluster.Keyring().Retire(argument)
	case "cycle":
		err = repeat(argument, func() error { return cycle(ctx) })
	case "state":
		err = w.state()
	default:
		return false
	}
	if err != nil {
		text = err.Error()
	}
	say(`{"event":"did","what":%q,"ok":%t,"text":%q}`, command, err == nil, text)
	return true
}

func repeat(count string, act func() error) error {
	times, err := strconv.Atoi(count)
	for number := 0; number < times && err == nil; number++ {
		err = act()
	}
	return err
}

// cycle starts a cluster of its own beside the one that lives on, reads from it, and closes it.
func cycle(ctx context.Context) error {
	within, stop := context.WithTimeout(ctx, readyWithin)
	defer stop()
	cluster, err := seafoam.Start(within, seafoam.WithClusterName("cycle"), seafoam.WithListenIP("127.0.0.1"),
		seafoam.WithListenPort(0), seafoam.With("name", ""), seafoam.With("lighthouses", ""),
		seafoam.WithIsLighthouse(false), seafoam.With("state_dir", ""))
	if err != nil {
		return err
	}
	defer cluster.Close()
	events, err := cluster.Subscribe(seafoam.Initial())
	if err != nil {
		return err
	}
	defer events.Close()
	if err := cluster.Ready(within, 1); err != nil {
		return err
	}
	if _, err := events.Next(within); err != nil {
		return err
	}
	return cluster.Close()
}

func (w *work) state() error {
	debug.FreeOSMemory() // what is left is what is held
	stats, err := w.cluster.Stats()
	if err != nil {
		return err
	}
	rows := map[string]uint64{}
	for row, value := range stats.All() {
		rows[row.Name] = value
	}
	text, err := json.Marshal(rows)
	if err == nil {
		say(`{"event":"state","at":%d,"heard":%d,"got":%d,"lagged":%d,"taken":%d,"missed":%d,"stats":%s}`,
			now(), w.heard.Load(), w.got.Load(), w.lagged.Load(), w.taken.Load(), w.missed.Load(), text)
	}
	return err
}
