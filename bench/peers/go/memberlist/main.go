// Command memberlist runs hashicorp/memberlist with DefaultLANConfig; each node hands a broadcast on once, through the
// library's queue.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"

	"peers/board"
)

const firstPort = 20000

type message struct{ payload []byte }

func (m message) Invalidates(memberlist.Broadcast) bool { return false }
func (m message) Message() []byte                       { return m.payload }
func (m message) Finished()                             {}
func (m message) UniqueBroadcast()                      {}

// ears is the delegate of one node.
type ears struct {
	node  int
	board *board.Board
	queue memberlist.TransmitLimitedQueue
	size  atomic.Int64
	lock  sync.Mutex
	known map[byte]bool
}

func (e *ears) NodeMeta(int) []byte { return nil }

func (e *ears) NotifyMsg(payload []byte) {
	e.lock.Lock()
	old := e.known[payload[0]]
	e.known[payload[0]] = true
	e.lock.Unlock()
	if !old {
		e.board.Heard(e.node)
		e.queue.QueueBroadcast(message{append([]byte(nil), payload...)})
	}
}

func (e *ears) GetBroadcasts(overhead, limit int) [][]byte {
	return e.queue.GetBroadcasts(overhead, limit)
}
func (e *ears) LocalState(bool) []byte        { return nil }
func (e *ears) MergeRemoteState([]byte, bool) {}
func (e *ears) NotifyUpdate(*memberlist.Node) {}
func (e *ears) NotifyJoin(node *memberlist.Node) {
	e.size.Add(1)
	if number(node) != e.node {
		e.board.Up(e.node)
	}
}

func (e *ears) NotifyLeave(node *memberlist.Node) {
	e.size.Add(-1)
	e.board.Down(e.node, number(node))
}

func number(node *memberlist.Node) int {
	value, _ := strconv.Atoi(strings.TrimPrefix(node.Name, "n")) // names are of this program's making
	return value
}

type swarm struct {
	fast  bool
	lists []*memberlist.Memberlist
	ears  []*ears
	sent  byte
}

func (s *swarm) Start(node, nodes int, seen *board.Board) (int, error) {
	own := &ears{node: node, board: seen, known: map[byte]bool{}}
	own.queue.RetransmitMult = 4
	own.queue.NumNodes = func() int { return int(own.size.Load()) }
	config := memberlist.DefaultLANConfig()
	if s.fast {
		config.ProbeInterval = 300 * time.Millisecond
		config.ProbeTimeout = 150 * time.Millisecond
	}
	config.Name = fmt.Sprintf("n%d", node)
	config.BindAddr, config.BindPort = "127.0.0.1", firstPort+node
	config.AdvertisePort = config.BindPort
	config.Delegate, config.Events = own, own
	config.LogOutput = io.Discard
	list, err := memberlist.Create(config)
	if err != nil {
		return 0, err
	}
	if node > 0 {
		if _, err := list.Join([]string{fmt.Sprintf("127.0.0.1:%d", firstPort)}); err != nil {
			return 0, err
		}
	}
	s.lists, s.ears = append(s.lists, list), append(s.ears, own)
	return config.BindPort, nil
}

func (s *swarm) Broadcast(payload []byte) error {
	s.sent++
	payload[0] = s.sent
	own := s.ears[0]
	own.lock.Lock()
	own.known[s.sent] = true
	own.lock.Unlock()
	own.queue.QueueBroadcast(message{payload})
	return nil
}

func (s *swarm) Kill() error {
	last := len(s.lists) - 1
	victim := s.lists[last]
	s.lists, s.ears = s.lists[:last], s.ears[:last]
	go func() { _ = victim.Shutdown() }() // it waits for its tasks; the others count from the call
	return nil
}

func main() {
	board.Serve(&swarm{fast: len(os.Args) > 1 && os.Args[1] == "fast"})
}
