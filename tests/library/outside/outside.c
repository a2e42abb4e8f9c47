/* The C ABI in a C11 program. */
#define _POSIX_C_SOURCE 200809L
#include <rescind/rescind.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_revoked(const char* reason, void* user) { *(const char**)user = reason; }

int main(int count, char** arguments) {
  if (count != 3) return 2;
  char error[128];
  if (rescind_open("{}", 2, error, sizeof error) != NULL) return 3;
  if (strstr(error, "index") == NULL) return 4;
  rescind_t* rescind = rescind_open(arguments[1], strlen(arguments[1]), error, sizeof error);
  if (rescind == NULL) return fprintf(stderr, "%s\n", error), 5;

  rescind_decision_t decision;
  rescind_verify(rescind, arguments[2], strlen(arguments[2]), &decision);
  for (int known = 0; known < 2; ++known) { /* a token that is none waits for nothing */
    rescind_decision_t at;
    rescind_verify_at(rescind, arguments[2], strlen(arguments[2]), known ? "1.2" : NULL, 60000, &at);
    if (at.verdict != RESCIND_REFUSED || at.reason != decision.reason) return 11;
  }
  const char* payload =
      "{\"iss\":\"https://a.test\",\"sub\":\"u\",\"iat\":1799999000,\"exp\":1800000000}";
  rescind_decision_t of_claims;
  rescind_is_revoked(rescind, payload, strlen(payload), NULL, &of_claims);
  if (of_claims.verdict != RESCIND_STALE || of_claims.claims != NULL) return 6;
  rescind_is_revoked(rescind, "[]", 2, "k", &of_claims);
  if (of_claims.verdict != RESCIND_REFUSED || strcmp(of_claims.reason, "json") != 0) return 7;
  const char* told = NULL;
  rescind_watch_t* watch = rescind_watch(rescind, payload, strlen(payload), "k", on_revoked, &told);
  if (watch == NULL || rescind_watch(rescind, "{", 1, NULL, on_revoked, &told) != NULL) return 8;
  /* The thread that looks after the watch does not exist in a child, which closes all the same. */
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    rescind_close(rescind);
    _exit(0);
  }
  int status = 1;
  if (waitpid(child, &status, 0) != child || status != 0) return 10;
  rescind_unwatch(watch);
  rescind_state_t state;
  rescind_state(rescind, &state);
  rescind_error(rescind, error, sizeof error);
  printf("%s %s %s: %s\n", rescind_version(), decision.reason ? decision.reason : "accepted",
         state.fresh ? "fresh" : "stale", error);
  rescind_claims_free(decision.claims);
  rescind_close(rescind);
  rescind_close(NULL);
  rescind_unwatch(NULL);
  rescind_claims_free(NULL);
  return told == NULL ? 0 : 9;
}
