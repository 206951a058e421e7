package seafoam_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"seafoam"
)

// alone are the options of a node that nobody else is to find.
func alone(name string, more ...seafoam.Option) []seafoam.Option {
	return append([]seafoam.Option{
		seafoam.WithClusterName("examples"), seafoam.WithName(name), seafoam.WithListenPort(0),
		seafoam.WithMulticastEnabled(false), seafoam.WithHeartbeatMillis(100),
	}, more...)
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	anna, err := seafoam.Start(ctx, alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	defer anna.Close()
	events := anna.Events(ctx) // begins now, before bert is there

	local, err := anna.LocalNode()
	if err != nil {
		log.Fatal(err)
	}
	bert, err := seafoam.Start(ctx, alone("bert", seafoam.WithInitialHosts(local.Address))...)
	if err != nil {
		log.Fatal(err)
	}
	defer bert.Close()
	if err := bert.Ready(ctx, 2); err != nil {
		log.Fatal(err)
	}
	if _, err := bert.Broadcast([]byte("hello")); err != nil {
		log.Fatal(err)
	}
	for event := range events {
		if heard, ok := event.(*seafoam.BroadcastEvent); ok {
			fmt.Printf("%s says %s\n", heard.Origin.Name, heard.Bytes)
			break
		}
	}
	// Output: bert says hello
}

func ExampleStart() {
	_, err := seafoam.Start(context.Background(), seafoam.WithHeartbeatMillis(3))
	var failure *seafoam.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code)
		fmt.Println(errors.Is(err, seafoam.ErrInvalidConfig))
	}
	// Output:
	// invalid_config
	// true
}

func ExampleCluster_Ready() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err = cluster.Ready(ctx, 3)
	fmt.Println(errors.Is(err, seafoam.ErrTimeout), errors.Is(err, context.DeadlineExceeded))
	// Output: true true
}

func ExampleCluster_OnStatus() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	added := make(chan string, 1)
	remove, err := cluster.OnStatus(func(node *seafoam.Node, status seafoam.NodeStatus) {
		added <- fmt.Sprint(node.Name, " is ", status)
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := cluster.Leave(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-added)
	remove()
	if err := cluster.Close(); err != nil {
		log.Fatal(err)
	}
	// Output: anna is left
}

func ExampleNodeStatus() {
	fmt.Println(seafoam.StatusSuspected, int(seafoam.StatusSuspected))
	// Output: suspected 2
}
