// Command smudge runs smudge with its defaults, one process a node, because its state belongs to the process.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/clockworksoul/smudge"

	"peers/board"
)

const firstPort = 20000

// child is one node: it prints what it sees, and broadcasts the lines that it reads.
func child(port int) {
	smudge.SetLogThreshold(smudge.LogFatal)
	smudge.SetClusterName("peers")
	smudge.SetListenIP(net.IPv4(127, 0, 0, 1))
	smudge.SetListenPort(port)
	smudge.SetMulticastEnabled(false)
	told := &teller{own: port, alive: map[int]bool{}}
	smudge.AddStatusListener(told)
	smudge.AddBroadcastListener(told)
	if port != firstPort {
		if node, err := smudge.CreateNodeByAddress(fmt.Sprintf("127.0.0.1:%d", firstPort)); err == nil {
			_, _ = smudge.AddNode(node)
		}
	}
	go smudge.Begin()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		_ = smudge.BroadcastBytes([]byte(lines.Text())) // what gets lost is counted as missed
	}
	os.Exit(0)
}

type teller struct {
	own   int
	lock  sync.Mutex
	alive map[int]bool
}

func (t *teller) OnBroadcast(*smudge.Broadcast) { fmt.Println("heard 0") }

func (t *teller) OnChange(node *smudge.Node, status smudge.NodeStatus) {
	port := int(node.Port())
	t.lock.Lock()
	defer t.lock.Unlock()
	switch {
	case port == t.own:
	case status == smudge.StatusAlive && !t.alive[port]:
		t.alive[port] = true
		fmt.Println("up", port)
	case status == smudge.StatusDead && t.alive[port]:
		t.alive[port] = false
		fmt.Println("down", port)
	}
}

type swarm struct {
	nodes  []*exec.Cmd
	inputs []io.Writer
}

func (s *swarm) Start(node, nodes int, seen *board.Board) (int, error) {
	port := firstPort + node
	command := exec.Command(os.Args[0], "node", fmt.Sprint(port))
	input, err := command.StdinPipe()
	if err != nil {
		return 0, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := command.Start(); err != nil {
		return 0, err
	}
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			var other int
			word, rest, _ := strings.Cut(lines.Text(), " ")
			_, _ = fmt.Sscan(rest, &other) // written by child
			switch word {
			case "up":
				seen.Up(node)
			case "down":
				seen.Down(node, other-firstPort)
			case "heard":
				seen.Heard(node)
			}
		}
	}()
	s.nodes, s.inputs = append(s.nodes, command), append(s.inputs, input)
	return port, nil
}

func (s *swarm) Broadcast(payload []byte) error {
	_, err := fmt.Fprintln(s.inputs[0], string(payload))
	return err
}

func (s *swarm) Kill() error {
	return s.nodes[len(s.nodes)-1].Process.Kill()
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "node" {
		var port int
		if _, err := fmt.Sscan(os.Args[2], &port); err == nil {
			child(port)
		}
		return
	}
	board.Serve(&swarm{})
}
