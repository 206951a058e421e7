// The program of README.md: says hello to whoever else is there, and hears one.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"seafoam"
)

func run(ctx context.Context) error {
	// snippet
	cluster, err := seafoam.Start(ctx) // configured by SEAFOAM_...
	if err != nil {
		return err
	}
	defer cluster.Close()
	events := cluster.Events(ctx)
	if err := cluster.Ready(ctx, 2); err != nil { // until somebody else is there
		return err
	}
	if _, err := cluster.Broadcast([]byte("hello")); err != nil {
		return err
	}
	for event := range events {
		switch event := event.(type) {
		case *seafoam.StatusEvent:
			fmt.Println(event.Node.Name, "is", event.Status)
		case *seafoam.BroadcastEvent:
			fmt.Printf("%s says %s\n", event.Origin.Name, event.Bytes)
			return cluster.Leave(ctx) // the others see LEFT, not a crash
		}
	}
	return ctx.Err()
	// end
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}
