package main

import (
	"fmt"
	"strings"
)

// Duplicates come soon after each other: a broker or a relay that restarts repeats what it is not sure of.
const remembered = 100_000

// known are the types that this consumer was written for, without what all have in common.
var known = map[string]bool{
	"relocation.ordered": true, "relocation.progress": true, "relocation.completed": true,
	"relocation.undone": true, "relocation.failed": true, "relocation.fenced": true, "instance": true,
}

type identity struct{ source, id string }

// ledger prints events and counts them. It tells a repeated event by source and id, among the newest ones.
type ledger struct {
	wanted, completed, duplicates int
	seen                          map[identity]bool
	order                         []identity
}

func newLedger(wanted int) *ledger {
	return &ledger{wanted: wanted, seen: map[identity]bool{}}
}

func (l *ledger) full() bool {
	return l.wanted > 0 && l.completed >= l.wanted
}

// event takes an event of the stream.
func (l *ledger) event(event event) {
	what, ok := kind(event)
	if !ok {
		return
	}
	identity := identity{event.Source, event.ID}
	if l.seen[identity] {
		l.duplicates++
		return
	}
	l.seen[identity] = true
	if l.order = append(l.order, identity); len(l.order) > remembered {
		delete(l.seen, l.order[0])
		l.order = l.order[1:]
	}
	if what == "relocation.completed" {
		l.completed++
	}
	show(what, event)
}

// state takes the last state of an instance.
func (l *ledger) state(event event) {
	if what, ok := kind(event); ok && what == "instance" {
		show("state", event)
	}
}

func kind(event event) (string, bool) {
	what, ours := strings.CutPrefix(event.Type, "io.edgeroam.")
	what, first := strings.CutSuffix(what, ".v1")
	return what, ours && first && known[what]
}

func show(what string, event event) {
	or := func(site *string) string {
		if site == nil {
			return "-"
		}
		return *site
	}
	where := or(event.Data.From) + " -> " + or(event.Data.To)
	if !strings.HasPrefix(what, "relocation.") {
		where = "-"
		if event.Data.Serving != nil {
			where = event.Data.Serving.Site
		}
	}
	fmt.Println(what, event.Key, where, event.ID)
}
