// Level 0, complete: PORT=8000 go run level0.go
package main

import (
	"net/http"
	"os"

	"github.com/gorilla/websocket"
)

type frame map[string]any

func main() { panic(http.ListenAndServe(":"+os.Getenv("PORT"), http.HandlerFunc(live))) }

func live(w http.ResponseWriter, r *http.Request) {
	socket, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	for err == nil {
		var in frame
		if err = socket.ReadJSON(&in); err != nil {
			socket.Close()
		} else if in["type"] == "client_ready" {
			socket.WriteJSON(frame{"type": "queue", "data": frame{"waiting": 3}})
		} else if in["type"] == "ping" {
			socket.WriteJSON(frame{"type": "pong", "timestamp": in["timestamp"]})
		}
	}
}
