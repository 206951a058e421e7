package seafoam

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"time"
)

// LocalNode returns this node.
//
// Errors: ErrClosed.
func (c *Cluster) LocalNode() (*Node, error) {
	var node *C.seafoam_node
	err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_local_node(raw, &node, failure)
	})
	return takeNode(node), err
}

// AllNodes returns every node in the table, in the order of their names: dead ones until they are
// forgotten, those that left for 60 s. It never waits for the network.
//
// Errors: ErrClosed.
func (c *Cluster) AllNodes() ([]*Node, error) {
	return c.nodes(func(raw *C.seafoam_cluster, nodes **C.seafoam_nodes, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_all_nodes(raw, nodes, failure)
	})
}

// HealthyNodes returns the nodes that are alive or suspected, the local one included, in the order
// of their names. It never waits for the network.
//
// Errors: ErrClosed.
func (c *Cluster) HealthyNodes() ([]*Node, error) {
	return c.nodes(func(raw *C.seafoam_cluster, nodes **C.seafoam_nodes, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_healthy_nodes(raw, nodes, failure)
	})
}

func (c *Cluster) nodes(
	list func(*C.seafoam_cluster, **C.seafoam_nodes, **C.seafoam_error) C.seafoam_code,
) ([]*Node, error) {
	var nodes *C.seafoam_nodes
	err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return list(raw, &nodes, failure)
	})
	if err != nil {
		return nil, err
	}
	return takeNodes(nodes), nil
}

// Node returns the node of this name or address; nil, without an error, where there is none. It
// never waits for the network.
//
// Errors: ErrClosed.
func (c *Cluster) Node(name string) (*Node, error) {
	var node *C.seafoam_node
	err := c.onText("name", name, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_node(raw, text, &node, failure)
	})
	return takeNode(node), err
}

// AddNode adds a node by "host", "host:port" or "[v6]:port" and returns at once: it is unknown, with
// the address as its name, until it answers (then a NodeEvent follows). Without a port it takes the
// own listen_port, 9999 where that is 0.
//
// Errors: ErrInvalidAddress, ErrBusy where the table is full, ErrClosed.
func (c *Cluster) AddNode(address string) (*Node, error) {
	var node *C.seafoam_node
	err := c.onText("address", address, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_add_node(raw, text, &node, failure)
	})
	return takeNode(node), err
}

// RemoveNode forgets a node, by name or address, in this process alone, and returns it as it was. A
// node that speaks again comes back.
//
// Errors: ErrUnknownNode, ErrInvalidAddress for the local node, ErrClosed.
func (c *Cluster) RemoveNode(node string) (*Node, error) {
	var removed *C.seafoam_node
	err := c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_remove_node(raw, text, &removed, failure)
	})
	return takeNode(removed), err
}

// onText makes a call that takes a text beside the handle.
func (c *Cluster) onText(
	name, text string,
	make func(*C.seafoam_cluster, *C.char, **C.seafoam_error) C.seafoam_code,
) error {
	return withText(name, text, func(copied *C.char) error {
		return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return make(raw, copied, failure)
		})
	})
}

// PingNode measures the round trip to a node, by name or address, or to an address that is no
// member's. The engine waits for an answer for 2 s at most.
//
// Errors: ErrTimeout, ErrUnknownNode for a name that is neither, ErrResolveFailed, ErrBusy,
// ErrClosed, the context's error.
func (c *Cluster) PingNode(ctx context.Context, node string) (time.Duration, error) {
	ping := func() (time.Duration, error) {
		var millis C.double
		err := c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_ping_node(raw, text, &millis, failure)
		})
		if err != nil {
			return 0, err
		}
		return time.Duration(float64(millis) * float64(time.Millisecond)), nil
	}
	return await(ctx, "ping_node", ping, func(time.Duration) {})
}

// Claim is something about a node that only the node itself can state; see UpdateNodeStatus.
type Claim func(rank, datacenter *C.int)

// ClaimRank states a rank.
func ClaimRank(value NodeRank) Claim {
	return func(rank, _ *C.int) { *rank = C.int(value) }
}

// ClaimDatacenter states a datacenter.
func ClaimDatacenter(value uint8) Claim {
	return func(_, datacenter *C.int) { *datacenter = C.int(value) }
}

// UpdateNodeStatus states a node's status: StatusDead and StatusSuspected are accusations that it
// may refute, StatusAlive makes a probe. Rank and datacenter are a node's own claims: with any of
// them the call is refused for a peer.
//
// Errors: ErrUnknownNode, ErrInvalidConfig for a status that is none or is no statement about a
// peer, ErrClosed.
func (c *Cluster) UpdateNodeStatus(node string, status NodeStatus, claims ...Claim) error {
	rank, datacenter := C.int(-1), C.int(-1)
	for _, claim := range claims {
		claim(&rank, &datacenter)
	}
	return c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_update_node_status(raw, text, C.int(status), rank, datacenter, failure)
	})
}

// TouchNode sets a node's local timestamp to now.
//
// Errors: ErrUnknownNode, ErrClosed.
func (c *Cluster) TouchNode(node string) error {
	return c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_touch_node(raw, text, failure)
	})
}

// Why says why a node is suspected or dead, as this process knows it.
type Why struct {
	// Node is the node that was asked about.
	Node *Node
	// SinceMillis is how long ago its status changed here.
	SinceMillis uint64
	// Source is the name of the node that stated it first.
	Source string
	// Witnesses are the names of the members that failed to reach it, in the order in which they were
	// heard here: the first 16.
	Witnesses []string
	// OwnPingFailed tells whether this node's own ping failed since the suspicion began.
	OwnPingFailed bool
	// OwnHealth is this node's own health score when it was asked: 0 is healthy, 8 the worst.
	OwnHealth uint32
	// Accuser is the name of the node that began the suspicion, as heard here; empty where there was none.
	Accuser string
	// SuspectedMillis is how long ago the suspicion began here, also of a node that is dead by now; 0 where there was none.
	SuspectedMillis uint64
	// HeardMillis is how long ago anything came from the node itself, also through a helper.
	HeardMillis uint64
	// WitnessHints are what each of Witnesses found out about the node's host, in their order.
	WitnessHints []Hint
	// WitnessMillis are how long ago each of Witnesses was first heard here, in their order.
	WitnessMillis []uint64
	// OwnHint is what a TCP connection of this node's own to the node's host told.
	OwnHint Hint
	// HelpersFailed are the names of the helpers of this node's last probe that could not reach the node either, and said so.
	HelpersFailed []string
	// HelpersSilent are the names of those that said nothing in time.
	HelpersSilent []string
}

// Why tells why a node is suspected or dead, as this process knows it.
//
// Errors: ErrUnknownNode, ErrClosed.
func (c *Cluster) Why(node string) (*Why, error) {
	var raw *C.seafoam_why
	err := c.onText("node", node, func(cluster *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_why(cluster, text, &raw, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.seafoam_why_free(raw)
	var flat C.bridge_node
	C.bridge_read_node(C.seafoam_why_node(raw), &flat)
	why := &Why{
		Node:            readNode(&flat, &noNode),
		SinceMillis:     uint64(C.seafoam_why_since_millis(raw)),
		Source:          C.GoString(C.seafoam_why_source(raw)),
		Witnesses:       []string{},
		OwnPingFailed:   bool(C.seafoam_why_own_ping_failed(raw)),
		OwnHealth:       uint32(C.seafoam_why_own_health(raw)),
		Accuser:         C.GoString(C.seafoam_why_accuser(raw)),
		SuspectedMillis: uint64(C.seafoam_why_suspected_millis(raw)),
		HeardMillis:     uint64(C.seafoam_why_heard_millis(raw)),
		WitnessHints:    []Hint{},
		WitnessMillis:   []uint64{},
		OwnHint:         Hint(C.seafoam_why_own_hint(raw)),
		HelpersFailed:   []string{},
		HelpersSilent:   []string{},
	}
	for index := C.size_t(0); index < C.seafoam_why_witnesses_length(raw); index++ {
		why.Witnesses = append(why.Witnesses, C.GoString(C.seafoam_why_witness(raw, index)))
		why.WitnessHints = append(why.WitnessHints, Hint(C.seafoam_why_witness_hint(raw, index)))
		why.WitnessMillis = append(why.WitnessMillis, uint64(C.seafoam_why_witness_millis(raw, index)))
	}
	for index := C.size_t(0); index < C.seafoam_why_helpers_failed_length(raw); index++ {
		why.HelpersFailed = append(why.HelpersFailed, C.GoString(C.seafoam_why_helpers_failed(raw, index)))
	}
	for index := C.size_t(0); index < C.seafoam_why_helpers_silent_length(raw); index++ {
		why.HelpersSilent = append(why.HelpersSilent, C.GoString(C.seafoam_why_helpers_silent(raw, index)))
	}
	return why, nil
}
