// golang-jwt: golang_jwt FOLDER TURNS TURN_MS. FOLDER is described in tokens.h. A line of JSON for
// each algorithm; nanoseconds of the whole process' CPU a token, the median of the turns.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type line struct {
	Peer      string  `json:"peer"`
	Algorithm string  `json:"algorithm"`
	Ns        float64 `json:"ns"`
}

func read(folder, name string) []byte {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		log.Fatal(err)
	}
	return text
}

func keyOf(folder, algorithm string) any {
	if algorithm == "HS256" {
		return read(folder, "HS256.secret")
	}
	pem := read(folder, algorithm+".pem")
	var key any
	var err error
	switch algorithm {
	case "ES256":
		key, err = jwt.ParseECPublicKeyFromPEM(pem)
	case "EdDSA":
		key, err = jwt.ParseEdPublicKeyFromPEM(pem)
	default:
		key, err = jwt.ParseRSAPublicKeyFromPEM(pem)
	}
	if err != nil {
		log.Fatal(err)
	}
	return key
}

// Of the process: the collector's threads too.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func measure(folder, algorithm string, turns int, turn time.Duration) float64 {
	key := keyOf(folder, algorithm)
	tokens := strings.Fields(string(read(folder, algorithm+".tokens")))
	parser := jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithExpirationRequired(),
		jwt.WithIssuer("https://auth.example.com"), jwt.WithAudience("https://api.example.com"))
	keyFunc := func(*jwt.Token) (any, error) { return key, nil }
	verify := func(token string) bool {
		claims := jwt.RegisteredClaims{}
		_, err := parser.ParseWithClaims(token, &claims, keyFunc)
		return err == nil && len(claims.Subject) == 36
	}
	dot := strings.LastIndex(tokens[0], ".")
	if verify(tokens[0][:dot] + tokens[1][strings.LastIndex(tokens[1], "."):]) {
		log.Fatal("golang-jwt accepts a forged token")
	}
	calls := 0
	var took []float64
	for i := 0; i <= turns; i++ {
		begin, first := cpu(), calls
		for cpu()-begin < turn {
			for j := 0; j < 16; j++ {
				if !verify(tokens[calls%len(tokens)]) {
					log.Fatal(algorithm, " does not verify")
				}
				calls++
			}
		}
		if i > 0 {
			took = append(took, float64(cpu()-begin)/float64(calls-first))
		}
	}
	sort.Float64s(took)
	return took[len(took)/2]
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/golang-jwt/jwt/v5" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "5"
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("golang_jwt FOLDER TURNS TURN_MS")
	}
	turns, _ := strconv.Atoi(os.Args[2])
	milliseconds, _ := strconv.Atoi(os.Args[3])
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "EdDSA", "HS256"} {
		ns := measure(os.Args[1], algorithm, turns, time.Duration(milliseconds)*time.Millisecond)
		text, _ := json.Marshal(line{"golang-jwt " + version(), algorithm, ns})
		fmt.Println(string(text))
	}
}
