// One member of a mixed cluster, told what to do by lines on standard input.
//
// Each event becomes one line of JSON on standard output. ../../README.md has the contract, which the
// programs of this name in the other languages keep as well.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"seafoam"
)

var output sync.Mutex

// say prints one event; fields keep their order.
func say(event any) {
	output.Lock()
	defer output.Unlock()
	lines := json.NewEncoder(os.Stdout)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(event); err != nil {
		complain("standard output", err)
	}
}

func complain(what string, err error) { fmt.Fprintf(os.Stderr, "member: %s: %v\n", what, err) }

type started struct {
	Event      string `json:"event"`
	Node       string `json:"node"`
	Address    string `json:"address"`
	Generation uint64 `json:"generation"`
}

type status struct {
	Event      string             `json:"event"`
	Node       string             `json:"node"`
	Status     seafoam.NodeStatus `json:"status"`
	Previous   seafoam.NodeStatus `json:"previous"`
	Generation uint64             `json:"generation"`
}

type broadcast struct {
	Event  string `json:"event"`
	Origin string `json:"origin"`
	Text   string `json:"text"`
}

type left struct {
	Event string `json:"event"`
}

// tell prints what happens, until the cluster is closed.
func tell(events *seafoam.Subscription) {
	for event := range events.All(context.Background()) {
		switch event := event.(type) {
		case *seafoam.StatusEvent:
			say(status{"status", event.Node.Name, event.Status, event.Previous, event.Node.Generation})
		case *seafoam.BroadcastEvent:
			say(broadcast{"broadcast", event.Origin.Name, string(event.Bytes)})
		default: // later versions add kinds
		}
	}
}

// obey carries commands out until quit or the end of the input.
func obey(ctx context.Context, cluster *seafoam.Cluster, input io.Reader) {
	lines := bufio.NewReader(input)
	for {
		line, ended := lines.ReadString('\n')
		command, text, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		var err error
		switch command {
		case "broadcast":
			_, err = cluster.Broadcast([]byte(text))
		case "leave":
			if err = cluster.Leave(ctx); err == nil {
				say(left{"left"})
			}
		case "quit":
			return
		case "":
		default:
			err = errors.New("no such command")
		}
		if err != nil {
			complain(command, err)
		}
		if ended != nil {
			return
		}
	}
}

func arguments() []seafoam.Option {
	var options []seafoam.Option
	flag.Func("name", "name of this node", func(name string) error {
		options = append(options, seafoam.WithName(name))
		return nil
	})
	flag.Func("port", "UDP and TCP port; 0 takes any free one", func(text string) error {
		port, err := strconv.Atoi(text)
		options = append(options, seafoam.WithListenPort(port))
		return err
	})
	var seeds []string
	flag.Func("join", "HOST:PORT of a known member; may be given more than once", func(seed string) error {
		seeds = append(seeds, seed)
		return nil
	})
	flag.Parse()
	if len(seeds) > 0 {
		options = append(options, seafoam.WithInitialHosts(seeds...))
	}
	return options
}

func run(ctx context.Context) error {
	cluster, err := seafoam.Start(ctx, arguments()...)
	if err != nil {
		return err
	}
	defer cluster.Close()
	events, err := cluster.Subscribe(seafoam.Initial())
	if err != nil {
		return err
	}
	local, err := cluster.LocalNode()
	if err != nil {
		return err
	}
	say(started{"started", local.Name, local.Address, local.Generation})
	told := make(chan struct{})
	go func() {
		defer close(told)
		tell(events)
	}()
	obey(ctx, cluster, os.Stdin)
	if err := cluster.Leave(ctx); err != nil && !errors.Is(err, seafoam.ErrTimeout) {
		complain("leave", err)
	}
	err = cluster.Close()
	<-told // what happened until the end is told too
	return err
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "member:", err)
		os.Exit(1)
	}
}
