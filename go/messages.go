package seafoam

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"fmt"
	"time"
	"unsafe"
)

// Broadcast sends a payload to every other healthy member, each of which gets it at most once, and
// returns its label ("ip:port:index", unique within one run). It never comes back to this node, and
// members that join later do not get it. It never waits for the network; the bytes are copied.
//
// Errors: ErrPayloadTooLarge beyond max_broadcast_bytes, ErrBusy where the queue is full, ErrClosed;
// then nothing was sent.
func (c *Cluster) Broadcast(payload []byte) (label string, err error) {
	var made *C.char
	err = c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		data, length := bytesOf(payload)
		return C.seafoam_cluster_broadcast(raw, data, length, &made, failure)
	})
	if err != nil {
		return "", err
	}
	return takeText(made), nil
}

// Receipt tells who confirmed a broadcast in time, and who did not, of the members that were healthy
// when it was sent; by name.
type Receipt struct {
	// Label is the broadcast's label, "ip:port:index".
	Label string
	// Confirmed are the members that have it.
	Confirmed []*Node
	// Missing are the members that did not say so: dead or gone meanwhile, or out of reach. Some may
	// have it.
	Missing []*Node
}

// IsComplete tells whether all confirmed.
func (r *Receipt) IsComplete() bool { return len(r.Missing) == 0 }

// BroadcastWithReceipt is Broadcast that waits until every member that was healthy then has confirmed
// it, is dead or gone, or the timeout has passed (or the time that ctx has left, where that is less),
// and tells who confirmed and who did not. That members are missing is no error.
//
// Errors: ErrPayloadTooLarge beyond max_broadcast_bytes, ErrBusy where the queue is full or 64
// receipts are awaited, ErrInvalidConfig for a negative timeout; then nothing was sent. ErrClosed,
// the context's error (the broadcast goes on).
func (c *Cluster) BroadcastWithReceipt(ctx context.Context, payload []byte, timeout time.Duration) (*Receipt, error) {
	if timeout < 0 {
		return nil, badArgument("timeout", fmt.Sprintf("= %v is negative", timeout))
	}
	limit := C.int64_t(millis(min(timeout, remaining(ctx, timeout))))
	// The caller may use the bytes again once this returned, the call may go on for longer.
	copied := append([]byte(nil), payload...)
	send := func() (*Receipt, error) {
		var receipt *C.seafoam_receipt
		err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			data, length := bytesOf(copied)
			return C.seafoam_cluster_broadcast_with_receipt(raw, data, length, limit, &receipt, failure)
		})
		if err != nil {
			return nil, err
		}
		return takeReceipt(receipt), nil
	}
	return await(ctx, "broadcast_with_receipt", send, func(*Receipt) {})
}

// takeReceipt copies a receipt that C gave away, and frees it.
func takeReceipt(raw *C.seafoam_receipt) *Receipt {
	defer C.seafoam_receipt_free(raw)
	receipt := &Receipt{Label: C.GoString(C.seafoam_receipt_label(raw)), Confirmed: []*Node{}, Missing: []*Node{}}
	var flat C.bridge_node
	for index := range C.seafoam_receipt_confirmed_length(raw) {
		C.bridge_read_node(C.seafoam_receipt_confirmed(raw, index), &flat)
		receipt.Confirmed = append(receipt.Confirmed, readNode(&flat, &noNode))
	}
	for index := range C.seafoam_receipt_missing_length(raw) {
		C.bridge_read_node(C.seafoam_receipt_missing(raw, index), &flat)
		receipt.Missing = append(receipt.Missing, readNode(&flat, &noNode))
	}
	return receipt
}

// bytesOf lends bytes to C for the time of a call.
func bytesOf(payload []byte) (unsafe.Pointer, C.size_t) {
	return unsafe.Pointer(unsafe.SliceData(payload)), C.size_t(len(payload))
}

// Send sends a payload of at most LimitMessageBytes to one node, by name or address, which gets it
// at most once, as a MessageEvent. It waits until the node has it, 5 s at most, while the message is
// repeated; messages may overtake one another. The bytes are copied.
//
// Errors: ErrPayloadTooLarge, ErrUnknownNode, ErrResolveFailed, ErrBusy where too many wait,
// ErrTimeout where nobody acknowledged it, so that it is not known whether it came; ErrClosed, the
// context's error.
func (c *Cluster) Send(ctx context.Context, node string, payload []byte) error {
	// The caller may use the bytes again once this returned, the call may go on for longer.
	copied := append([]byte(nil), payload...)
	send := func() (struct{}, error) {
		return struct{}{}, c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
			data, length := bytesOf(copied)
			return C.seafoam_cluster_send(raw, text, data, length, failure)
		})
	}
	_, err := await(ctx, "send", send, func(struct{}) {})
	return err
}

// texts are pairs of texts in memory of C.
type texts struct {
	names, values **C.char
	count         C.size_t
}

// withPairsOf lends pairs of texts to C for the time of a call.
func withPairsOf(pairs map[string]string, use func(texts) error) error {
	if len(pairs) == 0 {
		return use(texts{})
	}
	size := C.size_t(len(pairs)) * C.size_t(unsafe.Sizeof((*C.char)(nil)))
	lent := texts{(**C.char)(C.calloc(1, size)), (**C.char)(C.calloc(1, size)), C.size_t(len(pairs))}
	names, values := unsafe.Slice(lent.names, len(pairs)), unsafe.Slice(lent.values, len(pairs))
	defer func() {
		for index := range names {
			C.free(unsafe.Pointer(names[index]))
			C.free(unsafe.Pointer(values[index]))
		}
		C.free(unsafe.Pointer(lent.names))
		C.free(unsafe.Pointer(lent.values))
	}()
	index := 0
	for name, value := range pairs {
		if err := checkText("tags", name+"="+value); err != nil {
			return err
		}
		names[index], values[index] = C.CString(name), C.CString(value)
		index++
	}
	return use(lent)
}

// SetTags replaces the tags of this node, which all members see: at most LimitTagsBytes as k=v,k=v;
// keys are not empty and hold no = and no comma, values no comma.
//
// Errors: ErrInvalidConfig for tags that are refused, ErrClosed.
func (c *Cluster) SetTags(tags map[string]string) error {
	return withPairsOf(tags, func(lent texts) error {
		return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_set_tags(raw, lent.names, lent.values, lent.count, failure)
		})
	})
}

// Owner returns the healthy member that owns a key, the same answer on every node with the same
// view, in every language; nil, without an error, where there is none. Only members that carry all
// of the tags (nil for any member) are considered. The key may be any bytes.
//
// Errors: ErrClosed.
func (c *Cluster) Owner(key string, tags map[string]string) (*Node, error) {
	var owner *C.seafoam_node
	err := withPairsOf(tags, func(lent texts) error {
		return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			data := unsafe.Pointer(unsafe.StringData(key))
			return C.seafoam_cluster_owner(
				raw, data, C.size_t(len(key)), lent.names, lent.values, lent.count, &owner, failure)
		})
	})
	return takeNode(owner), err
}

// Owners returns the count best owners of a key, best first; fewer where there are not so many.
//
// Errors: ErrClosed.
func (c *Cluster) Owners(key string, count int, tags map[string]string) ([]*Node, error) {
	if count < 0 {
		return nil, badArgument("count", fmt.Sprintf("= %d is negative", count))
	}
	var owners []*Node
	err := withPairsOf(tags, func(lent texts) error {
		var err error
		owners, err = c.nodes(func(raw *C.seafoam_cluster, nodes **C.seafoam_nodes, failure **C.seafoam_error) C.seafoam_code {
			data := unsafe.Pointer(unsafe.StringData(key))
			return C.seafoam_cluster_owners(raw, data, C.size_t(len(key)), C.size_t(count),
				lent.names, lent.values, lent.count, nodes, failure)
		})
		return err
	})
	return owners, err
}
