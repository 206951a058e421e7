// A job that runs in one process of many, and whose late writes a database refuses. Configuration:
// SEAFOAM_* for the cluster, PG* for the database, JOB for the row. ../README.md says what it prints,
// and what PAUSE_BEFORE is for.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	_ "github.com/lib/pq"

	"seafoam"
)

func say(event string, term uint64) { fmt.Printf("{\"event\":%q,\"term\":%d}\n", event, term) }

// lead writes for as long as this process leads.
func lead(tenure *seafoam.Tenure, database *sql.DB) error {
	say("leads", tenure.Term)
	defer say("ends", tenure.Term)
	pauseBefore, _ := strconv.Atoi(os.Getenv("PAUSE_BEFORE"))
	for writes := 1; ; writes++ {
		select {
		case <-tenure.Context().Done():
			return nil
		case <-time.After(50 * time.Millisecond): // the work of one turn stands here
		}
		if writes == pauseBefore {
			// What a full disk, a debugger or a busy host may do at any moment, this one too.
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		}
		// Not under the tenure's context: what was sent is sent, and the fence decides.
		done, err := database.Exec(
			"UPDATE job SET fence = $1, runs = runs + 1 WHERE name = $2 AND fence <= $1",
			int64(tenure.Term), os.Getenv("JOB"))
		if err != nil {
			return err
		}
		if rows, err := done.RowsAffected(); err != nil || rows == 0 {
			say("refused", tenure.Term) // another leads: its term was there first
			return err
		}
		say("wrote", tenure.Term)
	}
}

func run(ctx context.Context) error {
	database, err := sql.Open("postgres", "sslmode=disable")
	if err != nil {
		return err
	}
	defer database.Close()
	cluster, err := seafoam.Start(ctx)
	if err != nil {
		return err
	}
	defer cluster.Close()
	// snippet
	for tenure, err := range cluster.Leadership(ctx) {
		if err != nil {
			return err
		}
		if err := lead(tenure, database); err != nil { // until tenure.Context() is done
			return err
		}
	}
	// end
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
