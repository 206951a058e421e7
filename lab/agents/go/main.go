// A node that says when it leads; ../../README.md has the contract of all agents.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"seafoam"
)

const (
	sampleEvery    = 5 * time.Millisecond
	gapNanos       = int64(time.Second) // a sample later than this: the process was held up
	reportNanos    = int64(20 * time.Millisecond)
	clockMonotonic = 1
)

// now reads the clock that the agents of all languages read; package time does not tell its reading.
func now() int64 {
	var at syscall.Timespec
	// SAFETY: the kernel writes one timespec to an address that lives until the call returns.
	_, _, failure := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&at)), 0)
	if failure != 0 {
		panic(failure)
	}
	return at.Nano()
}

var output sync.Mutex

func say(format string, fields ...any) {
	output.Lock()
	defer output.Unlock()
	fmt.Printf(format+"\n", fields...)
}

type watch struct {
	cluster       *seafoam.Cluster
	name          string
	register      net.Conn // nil: none
	term          uint64   // of the interval that is open, 0: none
	from, to      int64    // what is known of it
	told, looked  int64
	last          int64
	valid, judged bool
	leader        string
}

type asked struct {
	before, after int64
	term          uint64
}

func (w *watch) ask() asked {
	asked := asked{before: now()}
	if w.cluster.IsLeader() {
		if lease, err := w.cluster.Lease(); err == nil && lease != nil {
			asked.term = lease.Term
		}
	}
	asked.after = now()
	return asked
}

func (w *watch) write(how string, term uint64) {
	if w.register == nil {
		return
	}
	if _, err := fmt.Fprintf(w.register, "%s %s %d\n", how, w.name, term); err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
	}
}

func (w *watch) tell(ended bool) {
	say(`{"event":"lead","term":%d,"from":%d,"to":%d,"ended":%t}`, w.term, w.from, w.to, ended)
}

// sample looks once. An interval begins after the first call that said yes, and ends before the last.
func (w *watch) sample() {
	found := w.ask()
	if found.after-w.last > gapNanos {
		if found.after-found.before > gapNanos {
			found = w.ask() // stopped between two of the calls
		}
		say(`{"event":"woke","at":%d,"gap":%d,"leads":%t}`, found.after, found.after-w.last, found.term != 0)
		if w.term != 0 { // what a thread does that was held up between question and effect
			w.write("late", w.term)
		}
	}
	w.last = found.after
	if w.term != 0 && w.term != found.term {
		w.tell(true)
		w.term = 0
	}
	if found.term != 0 {
		if w.term == 0 {
			w.term, w.from, w.to = found.term, found.after, found.after
		}
		w.to = max(w.to, found.before)
		if found.after-w.told > reportNanos {
			w.tell(false)
			w.told = found.after
			w.write("write", found.term)
		}
	}
	w.look(found.after)
}

func (w *watch) look(at int64) {
	if valid := w.cluster.IsValid(); valid != w.valid || !w.judged {
		w.valid, w.judged = valid, true
		say(`{"event":"valid","at":%d,"valid":%t}`, at, valid)
	}
	if at-w.looked <= reportNanos {
		return
	}
	w.looked = at
	leader := "null"
	if node, err := w.cluster.Leader(); err == nil && node != nil {
		leader = fmt.Sprintf("%q", node.Name)
	}
	if leader != w.leader {
		w.leader = leader
		say(`{"event":"leader","at":%d,"leader":%s}`, at, leader)
	}
}

// obey carries commands out until quit or the end of the input.
func obey(ctx context.Context, work *work, end context.CancelFunc) {
	defer end()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && lines.Text() != "quit" {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		if work.obey(ctx, command, argument) {
			continue
		}
		at := now()
		var err error
		if command == "transfer" {
			err = work.cluster.TransferLeadership(ctx, argument)
		} else {
			err = work.cluster.Resign(ctx)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", lines.Text(), err)
			continue
		}
		say(`{"event":"resigned","at":%d}`, at)
	}
}

func run() error {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	cluster, err := seafoam.Start(ctx)
	if err != nil {
		return err
	}
	defer cluster.Close()
	local, err := cluster.LocalNode()
	if err != nil {
		return err
	}
	say(`{"event":"started","at":%d,"node":%q,"generation":%d}`, now(), local.Name, local.Generation)
	w := watch{cluster: cluster, name: local.Name, last: now()}
	if path := os.Getenv("LAB_REGISTER"); path != "" {
		if w.register, err = net.Dial("unix", path); err != nil {
			return err
		}
	}
	work := &work{cluster: cluster}
	if err := work.open(ctx); err != nil {
		return err
	}
	go obey(ctx, work, end)
	ticks := time.NewTicker(sampleEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			leaving, stop := context.WithTimeout(context.Background(), 3*time.Second)
			defer stop()
			return cluster.Leave(leaving)
		case <-ticks.C:
			w.sample()
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}
