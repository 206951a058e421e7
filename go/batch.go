package seafoam

/*
#include "bridge.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// batchEvents is how many events one call into C brings at most. More would cost no less for each,
	// and keep more of them alive where one is kept.
	batchEvents = 256
	// batchBytes is the room for them; it holds any one event.
	batchBytes = C.SEAFOAM_FLAT_ANY_EVENT_BYTES
	// batchBytesMost ends the growth of a buffer that is too small all the same.
	batchBytesMost = 16 << 20
)

// buffers are where C lays batches: only while they are read, so that what waits has none.
var buffers = sync.Pool{New: func() any { return &flatBuffer{bytes: make([]byte, batchBytes)} }}

type flatBuffer struct {
	bytes []byte
	// Nodes of the batch by their numbers.
	nodes []*Node
}

// batch is what one pull brought. Readers take its events one by one, without a lock.
type batch struct {
	// All events, where they are broadcasts alone, as in a flood; else events has them.
	broadcasts []BroadcastEvent
	events     []Event
	next       atomic.Int64
}

// take returns the next event that nobody took, nil where all are gone.
func (b *batch) take() Event {
	if b == nil {
		return nil
	}
	index := b.next.Add(1) - 1
	if b.events == nil {
		if index >= int64(len(b.broadcasts)) {
			return nil
		}
		return &b.broadcasts[index]
	}
	if index >= int64(len(b.events)) {
		return nil
	}
	return b.events[index]
}

// pull reads what waits in a stream, without waiting: nil where nothing does. Nodes are shared with
// like where they are the same, which the last one of them replaces.
func pull(raw *C.seafoam_events, like **Node) (*batch, error) {
	buffer, _ := buffers.Get().(*flatBuffer)
	defer buffers.Put(buffer)
	into := buffer.bytes
	for {
		pulled := C.bridge_pull(raw, batchEvents, unsafe.Pointer(&into[0]), C.size_t(len(into)))
		if pulled.code == C.SEAFOAM_INVALID_CONFIG && len(into) < batchBytesMost {
			C.seafoam_error_free(pulled.error) // the next event takes more than was promised
			into = make([]byte, 2*len(into))
			continue
		}
		if err := toError(pulled.code, pulled.error); err != nil || pulled.count == 0 {
			return nil, err
		}
		return decode(into, buffer, like)
	}
}

// flat is a batch as C laid it out (docs/c.md).
type flat struct {
	head *C.seafoam_flat_batch
	all  []byte
	// A copy of the events' texts and payloads, for good.
	kept []byte
}

func (f *flat) event(index C.uint32_t) *C.seafoam_flat_event {
	return (*C.seafoam_flat_event)(unsafe.Pointer(&f.all[f.head.events_at+index*f.head.event_size]))
}

func (f *flat) node(index C.uint32_t) *C.seafoam_flat_node {
	return (*C.seafoam_flat_node)(unsafe.Pointer(&f.all[f.head.nodes_at+index*f.head.node_size]))
}

// payload is a part of what was kept; appending to it does not reach what lies behind.
func (f *flat) payload(bytes C.seafoam_flat_bytes) []byte {
	begin := bytes.at - f.head.bytes.at
	return f.kept[begin : begin+bytes.length : begin+bytes.length]
}

// text is a part of what was kept, which nobody writes to: payloads lie beside it.
func (f *flat) text(bytes C.seafoam_flat_bytes) string {
	if bytes.length == 0 {
		return ""
	}
	return unsafe.String(&f.kept[bytes.at-f.head.bytes.at], int(bytes.length))
}

// lines are texts with line ends between them; none for the empty text.
func (f *flat) lines(bytes C.seafoam_flat_bytes) []string {
	if bytes.length == 0 {
		return []string{}
	}
	return strings.Split(f.text(bytes), "\n")
}

// lent is a text of a node, which the next pull overwrites.
func (f *flat) lent(bytes C.seafoam_flat_bytes) string {
	if bytes.length == 0 {
		return ""
	}
	return unsafe.String(&f.all[bytes.at], int(bytes.length))
}

// decode makes events of a batch: few allocations for all of them together.
func decode(all []byte, buffer *flatBuffer, like **Node) (*batch, error) {
	head := (*C.seafoam_flat_batch)(unsafe.Pointer(&all[0]))
	if head.version != C.SEAFOAM_FLAT_VERSION {
		what := fmt.Sprintf("the library lays batches out in version %d, not %d", head.version, int(C.SEAFOAM_FLAT_VERSION))
		return nil, &Error{Code: ErrInternal, Message: what}
	}
	bytes := all[head.bytes.at : head.bytes.at+head.bytes.length]
	read := flat{head, all, append(make([]byte, 0, len(bytes)), bytes...)}
	nodes := buffer.nodes[:0]
	for index := range head.nodes {
		*like = read.nodeLike(read.node(index), *like)
		nodes = append(nodes, *like)
	}
	var broadcasts, statuses int
	for index := range head.events {
		switch EventKind(read.event(index).kind) {
		case KindBroadcast:
			broadcasts++
		case KindStatus:
			statuses++
		}
	}
	made := slabs{make([]BroadcastEvent, 0, broadcasts), make([]StatusEvent, 0, statuses)}
	result := &batch{}
	if broadcasts < int(head.events) {
		result.events = make([]Event, 0, head.events)
	}
	for index := range head.events {
		record := read.event(index)
		var node *Node
		if record.node < head.nodes {
			node = nodes[record.node]
		}
		if result.events == nil {
			made.broadcast(&read, record, node)
		} else if event := made.event(&read, record, node); event != nil {
			result.events = append(result.events, event)
		}
	}
	result.broadcasts = made.broadcasts
	clear(nodes) // what is in the pool keeps nothing alive
	buffer.nodes = nodes[:0]
	return result, nil
}

// slabs are where the events of a batch lie that come in numbers.
type slabs struct {
	broadcasts []BroadcastEvent
	statuses   []StatusEvent
}

func (s *slabs) broadcast(read *flat, record *C.seafoam_flat_event, origin *Node) *BroadcastEvent {
	event := BroadcastEvent{Origin: origin, Index: uint32(record.number), Bytes: read.payload(record.bytes)}
	if record.text.length > 0 {
		label := read.text(record.text)
		event.label = &label
	}
	s.broadcasts = append(s.broadcasts, event)
	return &s.broadcasts[len(s.broadcasts)-1]
}

// event makes an event of its record; nil for a kind that this version does not know.
func (s *slabs) event(read *flat, record *C.seafoam_flat_event, node *Node) Event {
	switch EventKind(record.kind) {
	case KindBroadcast:
		return s.broadcast(read, record, node)
	case KindStatus:
		source := read.lent(record.text)
		if node != nil && source == node.StatusSource {
			source = node.StatusSource
		} else {
			source = read.text(record.text)
		}
		s.statuses = append(s.statuses, StatusEvent{
			node, NodeStatus(record.status), NodeStatus(record.previous), source,
		})
		return &s.statuses[len(s.statuses)-1]
	case KindMessage:
		return &MessageEvent{node, read.payload(record.bytes)}
	case KindLeader:
		return &LeaderEvent{node, uint64(record.number), int(record.status)}
	case KindValidity:
		return &ValidityEvent{Validity{
			State: ValidityState(record.status), Basis: ValidityBasis(record.previous),
			Needed: uint32(record.number), Seen: read.lines(record.text), Missing: read.lines(record.bytes),
		}}
	case KindNode:
		return &NodeEvent{node}
	case KindConflict:
		return &ConflictEvent{node, read.text(record.text)}
	case KindLink:
		return &LinkEvent{node, LinkDirection(record.status)}
	case KindMerged:
		return &MergedEvent{uint32(record.number)}
	case KindDatacenter:
		return &DatacenterEvent{uint8(record.number), record.status != 0}
	case KindLagged:
		return &LaggedEvent{uint64(record.number)}
	case KindClosed:
		if record.number == 0 {
			return &ClosedEvent{}
		}
		return &ClosedEvent{&Error{Code: ErrorCode(record.number), Message: read.text(record.text)}}
	default:
		return nil
	}
}

// nodeLike makes a node of its record. It returns like where that is the same one, and shares its
// texts where those are: one member comes again and again.
func (f *flat) nodeLike(record *C.seafoam_flat_node, like *Node) *Node {
	node := Node{
		Name:            shared(f.lent(record.name), like.Name),
		Address:         shared(f.lent(record.address), like.Address),
		Port:            uint16(record.port),
		Status:          NodeStatus(record.status),
		Rank:            NodeRank(record.rank),
		IsLighthouse:    record.is_lighthouse != 0,
		Datacenter:      uint8(record.datacenter),
		Generation:      uint64(record.generation),
		Incarnation:     uint32(record.incarnation),
		PingMillis:      float64(record.ping_millis),
		AgeMillis:       uint64(record.age_millis),
		TimestampMillis: uint64(record.timestamp_millis),
		EmitCounter:     uint16(record.emit_counter),
	}
	node.StatusSource = shared(f.lent(record.status_source), like.StatusSource, node.Name)
	ip := (*[16]byte)(unsafe.Pointer(&record.ip))
	switch record.ip_length {
	case 4:
		node.IP = netip.AddrFrom4([4]byte(ip[:4]))
	case 16:
		node.IP = netip.AddrFrom16(*ip)
	}
	if record.tags.length > 0 {
		node.Tags = readTags(f.all[record.tags.at : record.tags.at+record.tags.length])
	}
	if node.Tags == nil && like.Tags == nil && node.equal(like) {
		return like
	}
	return &node
}

// equal compares everything but tags.
func (n *Node) equal(other *Node) bool {
	return n.AgeMillis == other.AgeMillis && n.TimestampMillis == other.TimestampMillis &&
		n.Name == other.Name && n.Address == other.Address && n.IP == other.IP && n.Port == other.Port &&
		n.Status == other.Status && n.StatusSource == other.StatusSource && n.Rank == other.Rank &&
		n.IsLighthouse == other.IsLighthouse && n.Datacenter == other.Datacenter &&
		n.Generation == other.Generation && n.Incarnation == other.Incarnation &&
		n.PingMillis == other.PingMillis && n.EmitCounter == other.EmitCounter
}

// shared returns one of the texts that are there already where it is the same one, else a copy.
func shared(lent string, others ...string) string {
	for _, other := range others {
		if lent == other {
			return other
		}
	}
	return strings.Clone(lent)
}

// readTags reads pairs of a name and a value: their lengths, then they themselves.
func readTags(flat []byte) map[string]string {
	tags := map[string]string{}
	for len(flat) >= 8 {
		name := binary.NativeEndian.Uint32(flat)
		value := binary.NativeEndian.Uint32(flat[4:])
		flat = flat[8:]
		tags[string(flat[:name])] = string(flat[name : name+value])
		flat = flat[name+value:]
	}
	return tags
}
