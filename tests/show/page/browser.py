"""A headless Chromium, by the WebDriver protocol over HTTP on this machine."""

import base64
import contextlib
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request

DRIVER = shutil.which('chromedriver')
CHROMIUM = shutil.which('chromium') or shutil.which('google-chrome')
ARGUMENTS = (
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
)
# On this machine, whatever proxies the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
  """A session: `run` calls JavaScript, `wait` does until it is true."""

  def __init__(self, url, capabilities):
    self._url = url
    answer = self._call('/session', {'capabilities': capabilities})
    self._url = f'{url}/session/{answer["sessionId"]}'

  def _call(self, path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(self._url + path, data, method=method)
    try:
      with _OPENER.open(request, timeout=60) as answer:
        return json.load(answer)['value']
    except urllib.error.HTTPError as e:
      raise RuntimeError(e.read().decode()) from e

  def open(self, path):
    self._call('/url', {'url': path.as_uri()})
    # Chromium drops keys that are pressed before anything can be seen.
    self.run("""
        const painted = () => window.painted = true;
        requestAnimationFrame(() => setTimeout(painted, 50));
    """)
    self.wait('window.painted')

  def run(self, script, *arguments):
    return self._call(
      '/execute/sync', {'script': script, 'args': list(arguments)}
    )

  def wait(self, expression, seconds=20):
    """Until the expression is true: its value."""
    deadline = time.monotonic() + seconds
    while not (value := self.run(f'return {expression}')):
      assert time.monotonic() < deadline, f'never true: {expression}'
      time.sleep(0.05)
    return value

  def press(self, *keys, modifier=None):
    """Presses and lets go of each key, with a modifier held down."""
    actions = [{'type': 'keyDown', 'value': modifier}] if modifier else []
    for key in keys:
      actions += [{'type': t, 'value': key} for t in ('keyDown', 'keyUp')]
    if modifier:
      actions.append({'type': 'keyUp', 'value': modifier})
    self._call(
      '/actions',
      {'actions': [{'type': 'key', 'id': 'keys', 'actions': actions}]},
    )

  def touch(self, *moves):
    """Moves, presses and lifts a finger."""
    self._call(
      '/actions',
      {
        'actions': [
          {
            'type': 'pointer',
            'id': 'finger',
            'actions': moves,
            'parameters': {'pointerType': 'touch'},
          }
        ]
      },
    )

  def log(self):
    """What the console has said since the last call."""
    return self._call('/se/log', {'type': 'browser'})

  def resize(self, width, height, phone=False):
    self._call(
      '/goog/cdp/execute',
      {
        'cmd': 'Emulation.setDeviceMetricsOverride',
        'params': {
          'width': width,
          'height': height,
          'deviceScaleFactor': 1,
          'mobile': phone,
        },
      },
    )

  def dark(self, dark):
    value = 'dark' if dark else 'light'
    self._call(
      '/goog/cdp/execute',
      {
        'cmd': 'Emulation.setEmulatedMedia',
        'params': {
          'features': [{'name': 'prefers-color-scheme', 'value': value}]
        },
      },
    )

  def picture(self, path):
    path.write_bytes(base64.b64decode(self._call('/screenshot')))

  def quit(self):
    self._call('', method='DELETE')


@contextlib.contextmanager
def browser(folder):
  """`with browser(an empty folder) as session`."""
  process = subprocess.Popen(
    [DRIVER, '--port=0'],
    stdout=subprocess.PIPE,
    text=True,
    stderr=subprocess.DEVNULL,
  )
  try:
    for line in process.stdout:
      if 'started successfully on port' in line:
        port = line.split()[-1].rstrip('.')
        break
    options = {
      'binary': CHROMIUM,
      'args': [*ARGUMENTS, f'--user-data-dir={folder}'],
    }
    session = Browser(
      f'http://127.0.0.1:{port}',
      {
        'alwaysMatch': {
          'browserName': 'chrome',
          'goog:chromeOptions': options,
          'goog:loggingPrefs': {'browser': 'ALL'},
        }
      },
    )
    try:
      yield session
    finally:
      session.quit()
  finally:
    process.terminate()
    process.stdout.close()
    process.wait()
