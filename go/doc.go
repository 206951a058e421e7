// Package seafoam is cluster membership that a service can trust: which other processes are there,
// which of them answer, and short broadcasts to all of them.
//
//	cluster, err := seafoam.Start(ctx, seafoam.WithListenPort(0), seafoam.WithInitialHosts("10.0.0.1:9999"))
//	if err != nil {
//		return err
//	}
//	defer cluster.Close()
//	for event := range cluster.Events(ctx) {
//		switch event := event.(type) {
//		case *seafoam.StatusEvent:
//			log.Println(event.Node.Name, "is", event.Status)
//		case *seafoam.BroadcastEvent:
//			log.Printf("%s says %q", event.Origin.Name, event.Bytes)
//		}
//	}
//
// # Names
//
// Everything has the name that it has in the other languages, in Pascal case: listen_port is
// WithListenPort, KeyListenPort, EnvListenPort and DefaultListenPort, healthy_nodes is HealthyNodes.
// A call that names a node takes its name or its address; of a snapshot, pass node.Name.
//
// # Units
//
// Names that end in Millis are milliseconds, Timestamp ones since the epoch; PingNode gives a
// [time.Duration].
//
// # Errors
//
// Calls fail with an [*Error], whose code is compared by errors.Is(err, seafoam.ErrTimeout), or, where
// a context was cancelled, with the context's error. What the engine does not offer yet answers
// [ErrNotAvailable] and changes nothing.
//
// # Contexts
//
// A deadline of the context is the timeout of the call; then the error is both [ErrTimeout] and
// context.DeadlineExceeded. Cancelling ends the wait at once. A call that waits in the engine holds
// a thread of the operating system meanwhile (Start, Ready, Leave, Close, PingNode, Send, Resign,
// TransferLeadership); waiting for events holds none.
//
// # Threads
//
// Every function and method may be called from any goroutine, and from inside callbacks. Snapshots
// and events are copies in memory of Go: they stay valid for ever, and the library keeps no pointer
// into memory of Go. Treat them as read-only where goroutines share them.
//
// # Lifetime
//
// A [Cluster] stays a member until Close, also where no variable refers to it any more; nothing is
// closed by the garbage collector but a [Subscription] that was forgotten. Close alone looks like a
// crash to the peers: call Leave before.
package seafoam

//go:generate go run ./internal/gen
