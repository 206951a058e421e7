package seafoam

/*
#include "bridge.h"
*/
import "C"

import (
	"net/netip"
	"strings"
	"time"
	"unsafe"
)

// Node is one member of the cluster as this process saw it at one moment. It never changes; ask
// again to see what is new.
type Node struct {
	// Name is the identity of the node, unique in the cluster.
	Name string
	// Address is where others reach it: "ip:port", "[v6]:port", or what it was added by until it
	// answers.
	Address string
	// IP is the address without its port; the zero Addr until a host name was resolved.
	IP netip.Addr
	// Port is its UDP and TCP port.
	Port uint16
	// Status is what this process believes about it.
	Status NodeStatus
	// Rank is its role.
	Rank NodeRank
	// IsLighthouse tells whether it is a lighthouse, also while it leads.
	IsLighthouse bool
	// Datacenter is its datacenter; DatacenterNone where it was not assigned to one.
	Datacenter uint8
	// Generation tells which run of that name: milliseconds since the epoch at its start, or later;
	// 0 while it is unknown.
	Generation uint64
	// Incarnation is the version of its own claims inside one generation.
	Incarnation uint32
	// PingMillis is the last round trip in milliseconds, PingNoData or PingTimedOut.
	PingMillis float64
	// AgeMillis is how long ago this process last heard from it, at the time of the snapshot; 0 for
	// the local node.
	AgeMillis uint64
	// TimestampMillis is the wall clock of its last ping or status change as seen here, since the
	// epoch.
	TimestampMillis uint64
	// EmitCounter is how many more times its status will be passed on by this node.
	EmitCounter uint16
	// StatusSource is the name of the node that first stated the status.
	StatusSource string
	// Tags are the pairs that it published; nil where there are none.
	Tags map[string]string
}

// IsHealthy tells whether it is alive or suspected.
func (n *Node) IsHealthy() bool {
	return n.Status == StatusAlive || n.Status == StatusSuspected
}

// Timestamp is TimestampMillis as a time.
func (n *Node) Timestamp() time.Time { return time.UnixMilli(int64(n.TimestampMillis)) }

// String returns name and status, for logs.
func (n *Node) String() string { return n.Name + " (" + n.Status.String() + ")" }

func readText(text C.bridge_text) string {
	if text.data == nil {
		return ""
	}
	return C.GoStringN(text.data, C.int(text.length))
}

// readTextLike returns a text that is there already where it is the same one.
func readTextLike(text C.bridge_text, like string) string {
	if int(text.length) == len(like) && text.data != nil &&
		unsafe.String((*byte)(unsafe.Pointer(text.data)), len(like)) == like {
		return like
	}
	return readText(text)
}

// readIP reads the engine's own text of an address; the zero Addr where it were none.
func readIP(text C.bridge_text) netip.Addr {
	lent := unsafe.String((*byte)(unsafe.Pointer(text.data)), int(text.length))
	if strings.IndexByte(lent, '%') >= 0 {
		lent = readText(text) // an address keeps its zone, which must not be memory of C
	}
	address, _ := netip.ParseAddr(lent)
	return address
}

// noNode is like no node.
var noNode Node

// readNode copies a node that was laid flat; nil where there is none. It shares texts with a node
// that is likely to have the same ones: those of one member come again and again.
func readNode(flat *C.bridge_node, like *Node) *Node {
	if flat.handle == nil {
		return nil
	}
	node := &Node{
		Name:            readTextLike(flat.name, like.Name),
		Address:         readTextLike(flat.address, like.Address),
		Port:            uint16(flat.port),
		Status:          NodeStatus(flat.status),
		Rank:            NodeRank(flat.rank),
		IsLighthouse:    bool(flat.is_lighthouse),
		Datacenter:      uint8(flat.datacenter),
		Generation:      uint64(flat.generation),
		Incarnation:     uint32(flat.incarnation),
		PingMillis:      float64(flat.ping_millis),
		AgeMillis:       uint64(flat.age_millis),
		TimestampMillis: uint64(flat.timestamp_millis),
		EmitCounter:     uint16(flat.emit_counter),
		StatusSource:    readTextLike(flat.status_source, like.StatusSource),
	}
	if flat.ip.data != nil {
		node.IP = readIP(flat.ip)
	}
	if flat.tags > 0 {
		node.Tags = make(map[string]string, int(flat.tags))
	}
	for index := C.size_t(0); index < flat.tags; index++ {
		name := C.GoString(C.seafoam_node_tag_name(flat.handle, index))
		node.Tags[name] = C.GoString(C.seafoam_node_tag_value(flat.handle, index))
	}
	return node
}

// takeNode copies a node that C gave away, and frees it; nil for none.
func takeNode(raw *C.seafoam_node) *Node {
	if raw == nil {
		return nil
	}
	defer C.seafoam_node_free(raw)
	var flat C.bridge_node
	C.bridge_read_node(raw, &flat)
	return readNode(&flat, &noNode)
}

// takeNodes copies a list that C gave away, and frees it.
func takeNodes(raw *C.seafoam_nodes) []*Node {
	defer C.seafoam_nodes_free(raw)
	count := C.seafoam_nodes_length(raw)
	if count == 0 {
		return []*Node{}
	}
	flat := make([]C.bridge_node, int(count))
	C.bridge_read_nodes(raw, count, (*C.bridge_node)(unsafe.Pointer(unsafe.SliceData(flat))))
	nodes := make([]*Node, len(flat))
	for index := range flat {
		nodes[index] = readNode(&flat[index], &noNode)
	}
	return nodes
}
