package main

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// event is what this consumer needs of a CloudEvent. Members and attributes that it does not know are passed over.
type event struct {
	ID     string `json:"id"`
	Source string `json:"source"`
	Type   string `json:"type"`
	Key    string `json:"partitionkey"`
	Data   data   `json:"data"`
}

type data struct {
	From    *string    `json:"source"`
	To      *string    `json:"target"`
	Serving *placement `json:"serving"`
}

type placement struct {
	Site string `json:"site"`
}

// cloudEvent is the event of a message in binary or structured mode.
func cloudEvent(message jetstream.Msg) (event, bool) {
	var found event
	headers := message.Headers()
	if strings.HasPrefix(headers.Get("content-type"), "application/cloudevents+json") {
		err := json.Unmarshal(message.Data(), &found)
		return found, err == nil && found.ID != "" && found.Source != "" && found.Type != ""
	}
	if json.Unmarshal(message.Data(), &found.Data) != nil {
		return found, false
	}
	attributes := map[string]*string{
		"ce-id": &found.ID, "ce-source": &found.Source, "ce-type": &found.Type, "ce-partitionkey": &found.Key,
	}
	for name, into := range attributes {
		// Values are percent-encoded, as in CloudEvents over HTTP.
		value, err := url.PathUnescape(headers.Get(name))
		if err != nil {
			return found, false
		}
		*into = value
	}
	return found, found.ID != "" && found.Source != "" && found.Type != ""
}
