package seafoam

import (
	"net/netip"
	"strconv"
)

// Event is one thing that happened: a pointer to one of the structs whose names end in Event. Have a
// default case in a switch over it: later versions may add kinds.
//
// An event is a copy in memory of Go that nothing changes any more: it may be kept for ever, by any
// goroutine. Those that came in one batch share memory, at most 256 of them: whoever keeps a few for
// long, out of a flood of events, keeps their neighbours too, unless it copies what it needs. A *Node
// has memory of its own.
type Event interface {
	// Kind says what it is about.
	Kind() EventKind
}

// GlobalScope is the Scope of a leader of the whole cluster.
const GlobalScope = -1

// StatusEvent tells that a node's status changed.
type StatusEvent struct {
	// Node is the node, as it is afterwards.
	Node *Node
	// Status is the new status.
	Status NodeStatus
	// Previous is the status before.
	Previous NodeStatus
	// Source is the name of the node that first stated it.
	Source string
}

// BroadcastEvent brings a payload that another member broadcast.
type BroadcastEvent struct {
	// Origin is the member that sent it.
	Origin *Node
	// Index is its number among the broadcasts of its origin's run.
	Index uint32
	// Bytes is the payload.
	Bytes []byte
	// Where the label is another one than that of the origin's address and the index.
	label *string
}

// Label returns "ip:port:index", unique within one run of its origin. It is made by the call.
func (e *BroadcastEvent) Label() string {
	if e.label != nil {
		return *e.label
	}
	if e.Origin == nil {
		return ""
	}
	return netip.AddrPortFrom(e.Origin.IP, e.Origin.Port).String() + ":" + strconv.FormatUint(uint64(e.Index), 10)
}

// MessageEvent brings a payload that another member sent to this node alone.
type MessageEvent struct {
	// Sender is the member that sent it.
	Sender *Node
	// Bytes is the payload.
	Bytes []byte
}

// LeaderEvent tells that a leader was elected, renewed its tenure elsewhere, or was lost.
type LeaderEvent struct {
	// Leader is the leader; nil while there is none.
	Leader *Node
	// Term is its term.
	Term uint64
	// Scope is the datacenter that it leads, GlobalScope for the whole cluster.
	Scope int
}

// ValidityEvent tells that the cluster became valid or stopped being so.
type ValidityEvent struct {
	Validity
}

// NodeEvent tells that a node's tags, address or datacenter changed.
type NodeEvent struct {
	// Node is the node, as it is afterwards.
	Node *Node
}

// ConflictEvent tells that two living nodes use one name.
type ConflictEvent struct {
	// Node is the node that is known by it.
	Node *Node
	// OtherAddress is where the other one is.
	OtherAddress string
}

// LinkEvent tells that a link works in one direction only.
type LinkEvent struct {
	// Node is the node at its other end.
	Node *Node
	// Direction is the direction that works.
	Direction LinkDirection
}

// MergedEvent tells that members that were dead came back together.
type MergedEvent struct {
	// Members is how many came back.
	Members uint32
}

// DatacenterEvent tells that a whole datacenter was lost or came back.
type DatacenterEvent struct {
	// Number is the datacenter.
	Number uint8
	// Lost tells which of the two.
	Lost bool
}

// LaggedEvent tells that this subscription was too slow and lost its oldest events.
type LaggedEvent struct {
	// Missed is how many it lost.
	Missed uint64
}

// ClosedEvent tells that the cluster or the subscription was closed; nothing follows.
type ClosedEvent struct {
	// Error says why the cluster closed itself; nil where it was asked to. Where Events could not
	// open a subscription, it says why not.
	Error error
}

// Kind returns KindStatus.
func (*StatusEvent) Kind() EventKind { return KindStatus }

// Kind returns KindBroadcast.
func (*BroadcastEvent) Kind() EventKind { return KindBroadcast }

// Kind returns KindMessage.
func (*MessageEvent) Kind() EventKind { return KindMessage }

// Kind returns KindLeader.
func (*LeaderEvent) Kind() EventKind { return KindLeader }

// Kind returns KindValidity.
func (*ValidityEvent) Kind() EventKind { return KindValidity }

// Kind returns KindNode.
func (*NodeEvent) Kind() EventKind { return KindNode }

// Kind returns KindConflict.
func (*ConflictEvent) Kind() EventKind { return KindConflict }

// Kind returns KindLink.
func (*LinkEvent) Kind() EventKind { return KindLink }

// Kind returns KindMerged.
func (*MergedEvent) Kind() EventKind { return KindMerged }

// Kind returns KindDatacenter.
func (*DatacenterEvent) Kind() EventKind { return KindDatacenter }

// Kind returns KindLagged.
func (*LaggedEvent) Kind() EventKind { return KindLagged }

// Kind returns KindClosed.
func (*ClosedEvent) Kind() EventKind { return KindClosed }
