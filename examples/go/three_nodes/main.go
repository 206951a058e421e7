// Three nodes in one process: they meet, talk, and one of them leaves.
//
// Prints what each node sees; ends with 0 only where everything was seen in time.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"seafoam"
)

const patience = 15 * time.Second

// member is a node and what it has seen of each of the others, by name.
type member struct {
	name               string
	cluster            *seafoam.Cluster
	events             *seafoam.Subscription
	alive, heard, left map[string]bool
}

func start(ctx context.Context, number int, seeds ...string) (*member, error) {
	self := &member{
		name:  fmt.Sprintf("node-%d", number),
		alive: map[string]bool{}, heard: map[string]bool{}, left: map[string]bool{},
	}
	var err error
	self.cluster, err = seafoam.Start(ctx,
		seafoam.WithName(self.name),
		seafoam.WithClusterName(fmt.Sprintf("three-nodes-go-%d", os.Getpid())),
		seafoam.WithListenPort(0), // any free one
		seafoam.WithMulticastEnabled(false),
		seafoam.WithInitialHosts(seeds...),
	)
	if err != nil {
		return nil, err
	}
	self.events, err = self.cluster.Subscribe(seafoam.Initial())
	return self, err
}

// see prints an event and remembers it.
func (m *member) see(event seafoam.Event) {
	switch event := event.(type) {
	case *seafoam.StatusEvent:
		fmt.Println(m.name, "sees", event.Node.Name, event.Status)
		switch event.Status {
		case seafoam.StatusAlive:
			m.alive[event.Node.Name] = true
		case seafoam.StatusLeft:
			m.left[event.Node.Name] = true
		}
	case *seafoam.BroadcastEvent:
		fmt.Printf("%s hears %q from %s\n", m.name, event.Bytes, event.Origin.Name)
		m.heard[event.Origin.Name] = true
	default: // later versions add kinds
	}
}

// until reads a node's events until it has seen enough.
func (m *member) until(ctx context.Context, what string, done func() bool) error {
	for !done() {
		event, err := m.events.Next(ctx)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", m.name, what, err)
		}
		m.see(event)
	}
	return nil
}

// others tells whether something holds for all members but this one.
func (m *member) others(members []*member, seen map[string]bool) bool {
	for _, each := range members {
		if each != m && !seen[each.name] {
			return false
		}
	}
	return true
}

// meet starts three members, of which the others know the first, and waits until all know all.
func meet(ctx context.Context) ([]*member, error) {
	var members []*member
	var seeds []string
	for number := 1; number <= 3; number++ {
		self, err := start(ctx, number, seeds...)
		if self != nil {
			members = append(members, self)
		}
		if err != nil {
			return members, err
		}
		if number == 1 {
			local, err := self.cluster.LocalNode()
			if err != nil {
				return members, err
			}
			seeds = []string{local.Address}
		}
	}
	for _, self := range members {
		if err := self.until(ctx, "meeting", func() bool { return self.others(members, self.alive) }); err != nil {
			return members, err
		}
	}
	fmt.Println("-- everybody knows everybody")
	return members, nil
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	members, err := meet(ctx)
	for _, self := range members {
		defer self.cluster.Close()
	}
	if err != nil {
		return err
	}
	for _, self := range members {
		if _, err := self.cluster.Broadcast([]byte("hello from " + self.name)); err != nil {
			return err
		}
	}
	for _, self := range members {
		if err := self.until(ctx, "talking", func() bool { return self.others(members, self.heard) }); err != nil {
			return err
		}
	}
	fmt.Println("-- everybody heard everybody")

	last := members[2]
	if err := last.cluster.Leave(ctx); err != nil {
		return err
	}
	for _, self := range members[:2] {
		if err := self.until(ctx, "leaving", func() bool { return self.left[last.name] }); err != nil {
			return err
		}
	}
	fmt.Println("-- the others saw it leave")
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "three_nodes:", err)
		os.Exit(1)
	}
}
