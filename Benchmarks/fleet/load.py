"""A steady load on one URL that counts every answer."""

import http.client
import json
import threading
import time


class Load:
    """Steady callers of one URL, each on a connection that is kept. Nothing is retried and nothing forgiven: a request that
    was begun is answered with 200 and whole, or it is lost."""

    def __init__(self, port, path, body, callers=3, pause=0.004):
        self.port, self.path, self.body, self.pause = port, path, body, pause
        self.begun, self.answers, self.lost, self.lock = 0, {}, {}, threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(callers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _call(self):
        connection = None
        while not self._stop.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            with self.lock:
                self.begun += 1
            kind, table = self._ask(connection)
            with self.lock:
                table[kind] = table.get(kind, 0) + 1
            if table is self.lost:
                connection.close()
                connection = None
            time.sleep(self.pause)

    def _ask(self, connection):
        try:
            connection.request("POST", self.path, self.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                return f"status {answer.status}", self.lost
            return json.loads(body)["model_version"], self.answers
        except (OSError, ValueError, KeyError, http.client.HTTPException) as problem:
            return repr(problem), self.lost

    @property
    def losses(self):
        """Once the load has ended: requests that were begun and not answered as they should."""
        return self.begun - sum(self.answers.values())
