/* A service that says whom a request's token belongs to:  service CONFIG.json PORT
 *   curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:PORT/ */
#include <arpa/inet.h>
#include <rescind/rescind.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(rescind_t* rescind, const char* request, FILE* out) {
  const char* header = strstr(request, "\r\nAuthorization: Bearer ");
  const char* token = header ? header + strlen("\r\nAuthorization: Bearer ") : "";
  rescind_decision_t decision;
  rescind_verify(rescind, token, strcspn(token, "\r\n"), &decision);
  if (decision.verdict == RESCIND_ACCEPTED) {
    fprintf(out, "HTTP/1.0 200 OK\r\n\r\nhello %s\n", rescind_claims_subject(decision.claims));
  } else if (decision.verdict == RESCIND_STALE) {
    fprintf(out, "HTTP/1.0 503 Service Unavailable\r\n\r\n%s\n", decision.reason);
  } else {
    fprintf(out, "HTTP/1.0 401 Unauthorized\r\n\r\n%s\n", decision.reason);
  }
  rescind_claims_free(decision.claims);
}

static void serve(rescind_t* rescind, int client) {
  char request[16384] = "";
  size_t length = 0;
  while (length < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
    ssize_t got = read(client, request + length, sizeof request - 1 - length);
    if (got <= 0) break;
    length += (size_t)got;
    request[length] = '\0';
  }
  FILE* out = fdopen(client, "w");
  answer(rescind, request, out);
  fclose(out);
}

int main(int count, char** arguments) {
  char config[65536], error[256];
  FILE* file = count == 3 ? fopen(arguments[1], "r") : NULL;
  if (!file) return fprintf(stderr, "service CONFIG.json PORT\n"), 2;
  size_t length = fread(config, 1, sizeof config, file);
  fclose(file);
  rescind_t* rescind = rescind_open(config, length, error, sizeof error);
  if (!rescind) return fprintf(stderr, "%s\n", error), 2;
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_port = htons((unsigned short)atoi(arguments[2]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) return 3;
  listen(listener, 64);
  signal(SIGPIPE, SIG_IGN);
  for (int client; (client = accept(listener, NULL, NULL)) >= 0;) serve(rescind, client);
  rescind_close(rescind);
  return 0;
}
