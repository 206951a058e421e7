// A job that runs in one process of many, and whose late writes a database refuses. Configuration:
// SEAFOAM_* for the cluster, PG* for the database, JOB for the row. ../README.md says what it
// prints, and what PAUSE_BEFORE is for.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <libpq-fe.h>
#include <memory>
#include <string>

#include <seafoam.hpp>

using Database = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

static const seafoam::Millis turn{50};

static void say(const char* event, std::uint64_t term) {
  std::cout << "{\"event\":\"" << event << "\",\"term\":" << term << "}" << std::endl;
}

/// Whether the database took the write of this term.
static bool write_fenced(const Database& database, std::uint64_t term) {
  const std::string text = std::to_string(term);
  const char* const values[] = {text.c_str(), std::getenv("JOB")};
  const Result done(
      PQexecParams(database.get(),
                   "UPDATE job SET fence = $1, runs = runs + 1 WHERE name = $2 AND fence <= $1", 2,
                   nullptr, values, nullptr, nullptr, 0),
      PQclear);
  if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error(PQerrorMessage(database.get()));
  }
  return std::string(PQcmdTuples(done.get())) == "1";
}

/// Writes for as long as this process leads.
static void lead(const seafoam::Tenure& tenure, const Database& database) {
  const char* pause_before = std::getenv("PAUSE_BEFORE");
  bool taken = true;
  say("leads", tenure.term());
  // The work of one turn stands in the place of this wait.
  for (int writes = 1; taken && !tenure.wait_lost(turn); writes++) {
    if (pause_before != nullptr && writes == std::atoi(pause_before)) {
      // What a full disk, a debugger or a busy host may do at any moment, this one too.
      std::raise(SIGSTOP);
    }
    taken = write_fenced(database, tenure.term()); // where not, another's term was there first
    say(taken ? "wrote" : "refused", tenure.term());
  }
  say("ends", tenure.term());
}

int main() try {
  const Database database(PQconnectdb(""), PQfinish);
  if (PQstatus(database.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(database.get()));
  }
  const seafoam::Cluster cluster{seafoam::Config()};
  auto leadership = cluster.leadership();
  // snippet
  while (const auto tenure = leadership.next(seafoam::forever)) {
    lead(*tenure, database); // until tenure->wait_lost(...); the end of the turn gives it up
  }
  // end
} catch (const std::exception& failure) {
  std::cerr << "job: " << failure.what() << '\n';
  return 1;
}
