// Level 1: PORT=8000 go run level1.go
package main

import (
	"io"
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
	if err == nil {
		code := websocket.FormatCloseMessage(talk(socket, r.Header.Get("Origin")), "")
		socket.WriteControl(websocket.CloseMessage, code, time.Time{})
		socket.SetReadDeadline(time.Now().Add(time.Second))
		io.Copy(io.Discard, socket.UnderlyingConn()) // What still comes would turn the close into a reset.
		socket.Close()
	}
}

// Gives the code to close with. A message that is too large is closed by the library, with 1009.
func talk(socket *websocket.Conn, origin string) int {
	if origin != "" && origin != "http://localhost:5173" {
		return 4403
	}
	socket.SetReadLimit(65536)
	for ready, wait := false, 10*time.Second; ; wait = 90 * time.Second { // Timers of a hidden page run once a minute.
		var in frame
		socket.SetReadDeadline(time.Now().Add(wait))
		if err := socket.ReadJSON(&in); os.IsTimeout(err) {
			return 4408
		} else if err != nil {
			return 4400
		} else if auth, _ := in["auth"].(map[string]any); !ready && (in["type"] != "client_ready" || auth["token"] != "secret") {
			return 4401
		} else if !ready {
			ready = true
			socket.WriteJSON(frame{"type": "server_ready", "v": 1, "reconnect": frame{"window": 500}})
			socket.WriteJSON(frame{"type": "queue", "data": frame{"waiting": 3}})
		} else if in["type"] == "ping" {
			socket.WriteJSON(frame{"type": "pong", "timestamp": in["timestamp"]})
		}
	}
}
