package seafoam

/*
#include "bridge.h"
*/
import "C"

import "context"

// Lease is the leader's time-bounded right to lead.
type Lease struct {
	// Term is the fencing token, strictly rising from tenure to tenure.
	Term uint64
	// RemainingMillis is how long it still runs, at the time of the call.
	RemainingMillis uint64
	// TermQuality says how far the term can be trusted.
	TermQuality TermQuality
}

// Validity says whether this side of a partition may act, and what is missing.
type Validity struct {
	// State is the verdict.
	State ValidityState
	// Basis says where the list of lighthouses comes from.
	Basis ValidityBasis
	// Seen are the names of the lighthouses that are included.
	Seen []string
	// Needed is how many must be included.
	Needed uint32
	// Missing are the names of the lighthouses that are not included.
	Missing []string
}

// Leader returns the leader as this node knows it; nil, without an error, while there is none.
//
// Errors: ErrClosed.
func (c *Cluster) Leader() (*Node, error) {
	var leader *C.seafoam_node
	err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_leader(raw, &leader, failure)
	})
	return takeNode(leader), err
}

// IsLeader tells whether this node leads at this instant; false after Close.
func (c *Cluster) IsLeader() bool {
	if !c.uses.acquire() {
		return false
	}
	defer c.release()
	return bool(C.seafoam_cluster_is_leader(c.raw))
}

// Lease returns the own lease; nil, without an error, where this node has none.
//
// Errors: ErrClosed.
func (c *Cluster) Lease() (*Lease, error) {
	var held C.bool
	var term, remaining C.uint64_t
	var quality C.seafoam_quality
	err := c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_lease(raw, &held, &term, &remaining, &quality, failure)
	})
	if err != nil || !held {
		return nil, err
	}
	return &Lease{uint64(term), uint64(remaining), TermQuality(quality)}, nil
}

// Resign gives the lease up, and returns when it is given up.
//
// Errors: ErrNotLeader, ErrClosed, the context's error.
func (c *Cluster) Resign(ctx context.Context) error {
	return c.wait(ctx, "resign", func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_resign(raw, failure)
	})
}

// TransferLeadership hands the lead to another node, by name or address, and returns when it leads,
// or the old order is restored.
//
// Errors: ErrNotLeader, ErrUnknownNode, ErrTimeout, ErrClosed, the context's error.
func (c *Cluster) TransferLeadership(ctx context.Context, node string) error {
	transfer := func() (struct{}, error) {
		return struct{}{}, c.onText("node", node, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_transfer_leadership(raw, text, failure)
		})
	}
	_, err := await(ctx, "transfer_leadership", transfer, func(struct{}) {})
	return err
}

// Validity says whether this side of a partition may act, and what is missing.
//
// Errors: ErrClosed.
func (c *Cluster) Validity() (*Validity, error) {
	var raw *C.seafoam_validity
	err := c.call(func(cluster *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_validity(cluster, &raw, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.seafoam_validity_free(raw)
	validity := readValidity(raw)
	return &validity, nil
}

// IsValid tells whether the cluster is valid at this instant; false after Close.
func (c *Cluster) IsValid() bool {
	if !c.uses.acquire() {
		return false
	}
	defer c.release()
	return bool(C.seafoam_cluster_is_valid(c.raw))
}

func readValidity(raw *C.seafoam_validity) Validity {
	validity := Validity{
		State:   ValidityState(C.seafoam_validity_state(raw)),
		Basis:   ValidityBasis(C.seafoam_validity_basis(raw)),
		Seen:    []string{},
		Needed:  uint32(C.seafoam_validity_needed(raw)),
		Missing: []string{},
	}
	for index := C.size_t(0); index < C.seafoam_validity_seen_length(raw); index++ {
		validity.Seen = append(validity.Seen, C.GoString(C.seafoam_validity_seen(raw, index)))
	}
	for index := C.size_t(0); index < C.seafoam_validity_missing_length(raw); index++ {
		validity.Missing = append(validity.Missing, C.GoString(C.seafoam_validity_missing(raw, index)))
	}
	return validity
}
