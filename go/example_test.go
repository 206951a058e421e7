package seafoam_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
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

func ExampleCluster_Events() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	// The members that are there come first.
	events := cluster.Events(context.Background(), seafoam.Initial(), seafoam.OnlyKinds(seafoam.KindStatus))
	for event := range events {
		switch event := event.(type) {
		case *seafoam.StatusEvent:
			fmt.Println(event.Node.Name, "was", event.Previous, "and is", event.Status)
			cluster.Close()
		case *seafoam.ClosedEvent:
			fmt.Println("nothing follows:", event.Error)
		}
	}
	// Output:
	// anna was unknown and is alive
	// nothing follows: <nil>
}

func ExampleSubscription_Next() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	events, err := cluster.Subscribe(seafoam.OnlyKinds(seafoam.KindBroadcast), seafoam.Capacity(10))
	if err != nil {
		log.Fatal(err)
	}
	defer events.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = events.Next(ctx) // the subscription goes on
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleCluster_HealthyNodes() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	nodes, err := cluster.HealthyNodes()
	if err != nil {
		log.Fatal(err)
	}
	for _, node := range nodes {
		fmt.Println(node)
	}
	node, err := cluster.Node("bert")
	fmt.Println(node == nil, err)
	_, err = cluster.PingNode(context.Background(), "bert")
	fmt.Println(errors.Is(err, seafoam.ErrUnknownNode))
	// Output:
	// anna (alive)
	// true <nil>
	// true
}

func ExampleCluster_Owner() {
	cluster, err := seafoam.Start(context.Background(), alone("anna")...)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	owner, err := cluster.Owner("customer 4711", nil) // the same answer on every member
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(owner.Name)
	// Output: anna
}

func ExampleSetSlog() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{} // the output of an example must not change
			}
			return attr
		},
	})
	if err := seafoam.SetSlog(slog.New(handler)); err != nil {
		log.Fatal(err)
	}
	before := seafoam.GetLogLevel()
	if err := errors.Join(seafoam.SetLogLevel(seafoam.LevelWarn), seafoam.Log(seafoam.LevelWarn, "beware")); err != nil {
		log.Fatal(err)
	}
	seafoam.FlushLog(time.Second)
	if err := errors.Join(seafoam.SetLogLevel(before), seafoam.SetSlog(nil)); err != nil {
		log.Fatal(err)
	}
	// Output: level=WARN msg=beware
}

func ExampleNodeStatus() {
	fmt.Println(seafoam.StatusSuspected, int(seafoam.StatusSuspected))
	// Output: suspected 2
}
