// Package board is what the runners of peers in Go share: where nodes note what they see, and the protocol with the program
// that measures (bench/peers/README.md).
package board

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// How long all may take to see all.
const patience = 60 * time.Second

type seen struct {
	others     atomic.Int64
	heard      atomic.Bool
	victimDown atomic.Bool
}

// Board holds what the nodes have seen so far. Nodes are numbers from 0.
type Board struct {
	seen        []seen
	falseDeaths atomic.Int64
	victim      atomic.Int64
}

// Swarm is a cluster of one peer.
type Swarm interface {
	// Start starts node `node` of `nodes` on 127.0.0.1, joined to node 0; it returns the port.
	Start(node, nodes int, board *Board) (int, error)
	// Broadcast sends from node 0 to all others.
	Broadcast(payload []byte) error
	// Kill ends the last node without leave; its sockets close.
	Kill() error
}

// Up notes that node sees one more member beside itself.
func (b *Board) Up(node int) { b.seen[node].others.Add(1) }

// Down notes that node says that who is dead.
func (b *Board) Down(node, who int) {
	b.seen[node].others.Add(-1)
	switch victim := int(b.victim.Load()); {
	case who == victim:
		b.seen[node].victimDown.Store(true)
	case node != victim:
		b.falseDeaths.Add(1)
	}
}

// Heard notes that node got the broadcast.
func (b *Board) Heard(node int) { b.seen[node].heard.Store(true) }

func (b *Board) count(of func(*seen) bool) int {
	count := 0
	for number := range b.seen {
		if of(&b.seen[number]) {
			count++
		}
	}
	return count
}

func (b *Board) complete() int {
	others := int64(len(b.seen) - 1)
	return b.count(func(s *seen) bool { return s.others.Load() >= others })
}

// Serve reads commands from standard input until it ends, and answers each with a line of JSON.
func Serve(swarm Swarm) {
	board := &Board{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var word string
		var number, spread int
		_, _ = fmt.Sscan(lines.Text(), &word, &number, &spread) // a command may have fewer numbers
		var answer map[string]any
		var err error
		switch word {
		case "start":
			board = &Board{seen: make([]seen, number)}
			board.victim.Store(-1)
			answer, err = board.start(swarm, number, time.Duration(spread)*time.Millisecond)
		case "broadcast":
			answer, err = board.broadcast(swarm, number)
		case "deaths":
			answer = map[string]any{"deaths": board.falseDeaths.Load()}
		case "kill":
			answer, err = board.kill(swarm, time.Duration(number)*time.Second)
		}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		text, _ := json.Marshal(answer)
		fmt.Println(string(text))
	}
	os.Exit(0)
}

// wait waits until done, or until the time is over: then nil, else the seconds it took.
func wait(began time.Time, most time.Duration, done func() bool) any {
	for !done() {
		if time.Since(began) > most {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(began).Seconds()
}

func (b *Board) start(swarm Swarm, nodes int, spread time.Duration) (map[string]any, error) {
	began := time.Now()
	port := 0
	for node := 0; node < nodes; node++ {
		time.Sleep(time.Until(began.Add(spread * time.Duration(node) / time.Duration(nodes))))
		var err error
		if port, err = swarm.Start(node, nodes, b); err != nil {
			return nil, err
		}
	}
	took := time.Since(began).Seconds()
	converge := wait(time.Now(), patience, func() bool { return b.complete() == nodes })
	return map[string]any{"start_s": took, "converge_s": converge, "complete": b.complete(), "port": port}, nil
}

func (b *Board) broadcast(swarm Swarm, size int) (map[string]any, error) {
	for number := range b.seen {
		b.seen[number].heard.Store(number == 0)
	}
	heard := func() int { return b.count(func(s *seen) bool { return s.heard.Load() }) }
	payload := make([]byte, size)
	for index := range payload {
		payload[index] = 'x'
	}
	began := time.Now()
	if err := swarm.Broadcast(payload); err != nil {
		return nil, err
	}
	all := wait(began, 10*time.Second, func() bool { return heard() == len(b.seen) })
	return map[string]any{"all_s": all, "missed": len(b.seen) - heard()}, nil
}

func (b *Board) kill(swarm Swarm, most time.Duration) (map[string]any, error) {
	others := len(b.seen) - 1
	b.victim.Store(int64(others))
	down := func() int { return b.count(func(s *seen) bool { return s.victimDown.Load() }) }
	began := time.Now()
	if err := swarm.Kill(); err != nil {
		return nil, err
	}
	first := wait(began, most, func() bool { return down() > 0 })
	all := wait(began, most, func() bool { return down() >= others })
	return map[string]any{"first_s": first, "all_s": all, "missed": others - down()}, nil
}
