// Level 1: PORT=8000 go run level1.go
package main

import (
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

type frame map[string]any

func main() { panic(http.ListenAndServe(":"+os.Getenv("PORT"), http.HandlerFunc(live))) }

func live(w http.ResponseWriter, r *http.Request) {
	// Any page is let in first and then told to go: no page is told why an upgrade was refused.
	socket, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
	for ready := false; err == nil; {
		var in frame
		socket.SetReadDeadline(time.Now().Add(90 * time.Second)) // Timers of a hidden page run once a minute.
		if err = socket.ReadJSON(&in); err != nil {
			socket.Close()
		} else if origin := r.Header.Get("Origin"); origin != "" && origin != "http://localhost:5173" {
			socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4403, ""), time.Time{})
		} else if auth, _ := in["auth"].(map[string]any); !ready && auth["token"] != "secret" {
			socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4401, ""), time.Time{})
		} else if !ready {
			ready = true
			socket.WriteJSON(frame{"type": "server_ready", "v": 1, "reconnect": frame{"window": 500}})
			socket.WriteJSON(frame{"type": "queue", "data": frame{"waiting": 3}})
		} else if in["type"] == "ping" {
			socket.WriteJSON(frame{"type": "pong", "timestamp": in["timestamp"]})
		}
	}
}
