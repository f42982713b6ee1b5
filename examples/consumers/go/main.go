// Follows EdgeRoam's relocations on NATS and prints a line for each event.
//
// It knows the contract (docs/events.md) alone. At its start it reads the last state of every instance, then it
// follows the stream through a durable consumer of its own: a restart goes on where it stopped. An event that comes
// twice is shown once.
//
// Lines: `<what> <key> <from> -> <to> <id>` for relocations, `state|instance <key> <site> <id>` for instances.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	stream = "EDGEROAM_EVENTS"
	latest = "EDGEROAM_EVENTS_LATEST"
	// What a server is given to answer before it is asked again.
	patience = 5 * time.Second
)

func main() {
	url := flag.String("url", "nats://127.0.0.1:4222", "the NATS server")
	count := flag.Int("count", 0, "stop after so many relocation.completed events")
	timeout := flag.Int("timeout", 3600, "stop after so many seconds")
	name := flag.String("name", "consumer-example-go", "the durable consumer")
	fromOldest := flag.Bool("from-oldest", false, "begin with the oldest event that is kept")
	flag.Parse()

	stopped, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	ctx, cancel := context.WithTimeout(stopped, time.Duration(*timeout)*time.Second)
	defer cancel()
	connection, err := nats.Connect(*url, nats.Name(*name), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	js, err := jetstream.New(connection)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ledger := newLedger(*count)
	follower := follower{js: js, name: *name, fromOldest: *fromOldest, ledger: ledger}
	for ctx.Err() == nil && !ledger.full() {
		// A server or stream that is not there (yet) is waited for.
		if err := follower.follow(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "%v; trying again\n", err)
			time.Sleep(time.Second)
		}
	}
	connection.Close()
	fmt.Printf("sum completed=%d duplicates=%d\n", ledger.completed, ledger.duplicates)
	if *count > 0 && !ledger.full() && stopped.Err() == nil {
		os.Exit(1)
	}
}

type follower struct {
	js         jetstream.JetStream
	name       string
	fromOldest bool
	joined     bool
	ledger     *ledger
}

// follow reads events until the ledger is full.
func (f *follower) follow(ctx context.Context) error {
	// The durable consumer first: what changes while the states are read is not missed.
	consumer, err := f.durable(ctx)
	if err != nil {
		return fmt.Errorf("consumer %s of %s: %w", f.name, stream, err)
	}
	if !f.joined {
		if err := f.showStates(ctx); err != nil {
			return fmt.Errorf("reading %s: %w", latest, err)
		}
		f.joined = true
	}
	for !f.ledger.full() {
		message, err := next(ctx, consumer)
		if (errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded)) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", stream, err)
		}
		if event, ok := cloudEvent(message); ok {
			f.ledger.event(event)
		}
		if err := f.acknowledge(ctx, message); err != nil {
			return fmt.Errorf("acknowledging: %w", err)
		}
	}
	return nil
}

func next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return consumer.Next(jetstream.FetchContext(ctx))
}

func (f *follower) acknowledge(ctx context.Context, message jetstream.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return message.DoubleAck(ctx)
}

// durable is the consumer that keeps this program's position at the server. Delete it there when it is not needed any more.
func (f *follower) durable(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	consumer, err := f.js.Consumer(ctx, stream, f.name)
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return consumer, err
	}
	subjects := []string{"edgeroam.v1.instance.>"}
	for _, kind := range []string{"ordered", "progress", "completed", "undone", "failed", "fenced"} {
		subjects = append(subjects, "edgeroam.v1.relocation-"+kind+".>")
	}
	begin := jetstream.DeliverNewPolicy
	if f.fromOldest {
		begin = jetstream.DeliverAllPolicy
	}
	return f.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:        f.name,
		DeliverPolicy:  begin,
		FilterSubjects: subjects,
		AckPolicy:      jetstream.AckExplicitPolicy,
		// One at a time: an event that is delivered again does not come after its successors.
		MaxAckPending: 1,
		AckWait:       5 * time.Second,
	})
}

// showStates shows the last state of every instance, in no order.
func (f *follower) showStates(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{"edgeroam.v1.instance.>"}}
	consumer, err := f.js.OrderedConsumer(ctx, latest, config)
	if err != nil {
		return err
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		return err
	}
	for pending := info.NumPending; pending > 0; {
		message, err := next(ctx, consumer)
		if err != nil {
			return err
		}
		if event, ok := cloudEvent(message); ok {
			f.ledger.state(event)
		}
		metadata, err := message.Metadata()
		if err != nil {
			return err
		}
		pending = metadata.NumPending
	}
	return nil
}
