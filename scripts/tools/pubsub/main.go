// An emulator of Pub/Sub: Google's own in-memory server (pstest), with what it lacks of the one that comes with gcloud,
// the REST door and push. Prints its two addresses as one line of JSON, and ends when its standard input does.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// https://cloud.google.com/pubsub/docs/reference/rest
var resource = regexp.MustCompile(`^/v1/(projects/[^/:]+/(topics|subscriptions)/[^/:]+)(?::(\w+))?$`)

const largest = 10 << 20

type door struct{ pubsub *pstest.GServer }

func main() {
	server := pstest.NewServerWithAddress("127.0.0.1:0")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, door{&server.GServer})) }()
	addresses := map[string]string{"grpc": server.Addr, "rest": listener.Addr().String()}
	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		log.Fatal(err)
	}
	// Whoever started it may have been killed: it does not outlive them.
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := d.call(r)
	w.Header().Set("content-type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{
			"status": status.Code(err).String(), "message": err.Error(),
		}})
		return
	}
	text, _ := protojson.Marshal(answer)
	_, _ = w.Write(text)
}

func (d door) call(r *http.Request) (proto.Message, error) {
	found := resource.FindStringSubmatch(r.URL.Path)
	if found == nil {
		return nil, fmt.Errorf("there is nothing at %s", r.URL.Path)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	if err != nil {
		return nil, err
	}
	name, ctx := found[1], r.Context()
	switch r.Method + " " + found[2] + " " + found[3] {
	case "PUT topics ":
		return d.pubsub.CreateTopic(ctx, &pb.Topic{Name: name})
	case "POST topics publish":
		request := &pb.PublishRequest{}
		if err := protojson.Unmarshal(body, request); err != nil {
			return nil, err
		}
		request.Topic = name
		return d.pubsub.Publish(ctx, request)
	case "PUT subscriptions ":
		request := &pb.Subscription{}
		if err := protojson.Unmarshal(body, request); err != nil {
			return nil, err
		}
		request.Name = name
		made, err := d.pubsub.CreateSubscription(ctx, request)
		if err == nil && made.PushConfig.GetPushEndpoint() != "" {
			go d.push(made)
		}
		return made, err
	case "POST subscriptions pull":
		request := &pb.PullRequest{}
		if err := protojson.Unmarshal(body, request); err != nil {
			return nil, err
		}
		request.Subscription = name
		return d.pubsub.Pull(ctx, request)
	case "POST subscriptions acknowledge":
		request := &pb.AcknowledgeRequest{}
		if err := protojson.Unmarshal(body, request); err != nil {
			return nil, err
		}
		request.Subscription = name
		return d.pubsub.Acknowledge(ctx, request)
	}
	return nil, fmt.Errorf("this emulator has no %s %s", r.Method, r.URL.Path)
}

// push brings every message to the endpoint; any status but 2xx brings it again after the subscription's least delay.
// https://cloud.google.com/pubsub/docs/push
func (d door) push(subscription *pb.Subscription) {
	ctx := context.Background()
	delay := subscription.RetryPolicy.GetMinimumBackoff().AsDuration()
	for {
		pulled, err := d.pubsub.Pull(ctx, &pb.PullRequest{Subscription: subscription.Name, MaxMessages: 10})
		if err != nil {
			return // it was deleted
		}
		for _, received := range pulled.ReceivedMessages {
			go func() {
				ids := []string{received.AckId}
				if deliver(subscription, received) {
					_, _ = d.pubsub.Acknowledge(ctx, &pb.AcknowledgeRequest{Subscription: subscription.Name, AckIds: ids})
					return
				}
				time.Sleep(delay)
				_, _ = d.pubsub.ModifyAckDeadline(ctx, &pb.ModifyAckDeadlineRequest{Subscription: subscription.Name, AckIds: ids})
			}()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func deliver(subscription *pb.Subscription, received *pb.ReceivedMessage) bool {
	message, err := protojson.Marshal(received.Message)
	if err != nil {
		return false
	}
	body, err := json.Marshal(map[string]any{
		"message":         json.RawMessage(message),
		"subscription":    subscription.Name,
		"deliveryAttempt": received.DeliveryAttempt,
	})
	if err != nil {
		return false
	}
	answer, err := http.Post(subscription.PushConfig.PushEndpoint, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 300
}
