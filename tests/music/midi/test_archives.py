"""Intact and hostile archives give the bytes of files or one reason."""

import gzip
import io
import os
import random
import tarfile
import time
import zipfile

import pytest

from musiczoo.music import midi
from musiczoo.music.midi import archives
from tests.music.midi.files import END, from_hex, mutate, smf

SONG = smf(from_hex('00 90 3c 40  0a 80 3c 00') + END)
SMALL = midi.Limits(bytes=2**16)
MODES = {
  '.zip': None,
  '.tar': '',
  '.tar.gz': 'gz',
  '.tgz': 'gz',
  '.tar.bz2': 'bz2',
  '.tar.xz': 'xz',
}


def pack(path, files, method=zipfile.ZIP_DEFLATED):
  """Writes {name: bytes} as an archive of the kind that its suffix says."""
  mode = MODES[path.name[path.name.index('.') :]]
  if mode is None:
    with zipfile.ZipFile(path, 'w', method) as archive:
      for name, data in files.items():
        archive.writestr(name, data)
  else:
    with tarfile.open(path, f'w:{mode}') as archive:
      for name, data in files.items():
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
  return path


def unpack(path, limits=SMALL):
  """{name: its bytes, or the code of its MidiError}, and the path's code."""
  found = {}
  try:
    for name, load in archives.members(path, limits):
      try:
        found[name] = load()
      except midi.MidiError as error:
        assert error.path == f'{path}:{name}'
        found[name] = error.code
  except midi.MidiError as error:
    assert error.path == str(path)
    return found, error.code
  return found, None


@pytest.mark.parametrize('suffix', MODES)
def test_members_are_read_in_their_order(tmp_path, suffix):
  files = {'b/song.mid': SONG, 'a.kar': SONG + b'!', 'empty': b''}
  path = pack(tmp_path / f'songs{suffix}', files)
  before = os.listdir(tmp_path)
  found, code = unpack(path)
  assert (list(found.items()), code) == (list(files.items()), None)
  assert os.listdir(tmp_path) == before


@pytest.mark.parametrize('suffix', MODES)
def test_members_may_be_passed_over(tmp_path, suffix):
  files = {str(i): bytes([i]) * (500 + i) for i in range(20)}
  path = pack(tmp_path / f'songs{suffix}', files)
  for name, load in archives.members(path, SMALL):
    if int(name) % 3 == 0:
      assert load() == files[name]


@pytest.mark.parametrize('suffix', ['.zip', '.tar'])
@pytest.mark.parametrize(
  'name', ['../song.mid', '/song.mid', 'a/../../b', 'C:\\song.mid']
)
def test_names_that_lead_out_are_refused(tmp_path, suffix, name):
  found, code = unpack(
    pack(tmp_path / f'songs{suffix}', {name: SONG, 'good.mid': SONG})
  )
  assert (list(found.values()), code) == (['name', SONG], None)


@pytest.mark.parametrize('suffix', ['.zip', '.tar'])
def test_names_in_any_writing_are_kept(tmp_path, suffix):
  names = [
    '\u7b2c\u3000\u4e00.mid',
    '\U0001f3b9\u200d.mid',
    'n\xb01\xa0.mid',
    'a\x1b.mid',
  ]
  path = pack(tmp_path / f'songs{suffix}', dict.fromkeys(names, SONG))
  assert unpack(path) == (dict.fromkeys(names, SONG), None)


def test_names_of_old_code_pages_are_kept(tmp_path):
  path = tmp_path / 'songs.tar'
  name = '\u66f2.mid'.encode('shift_jis').decode(errors='surrogateescape')
  with tarfile.open(path, 'w') as archive:
    info = tarfile.TarInfo(name)
    info.size = len(SONG)
    archive.addfile(info, io.BytesIO(SONG))
  assert unpack(path) == ({name: SONG}, None)


@pytest.mark.parametrize(
  'name, encoding',
  [
    ('\u7b2c\u4e00\u697d\u7ae0/\u66f2.mid', 'shift_jis'),
    ('\u66f2.mid', 'shift_jis'),
    ('\u8868\u60c5.mid', 'shift_jis'),  # Its second byte is a backslash.
    ('\u30c8\u30c3\u30ab\u30fc\u30bf.mid', 'shift_jis'),
    ('\u66f2/Pr\xe9lude.mid', 'utf-8'),
    ('Pr\xe9lude \xe0 l\u2019apr\xe8s-midi.mid', 'cp1252'),
    ('Pr\xe9lude \xc0 la Fa\xe7on.mid', 'latin-1'),
    ('F\xfcr Elise.mid', 'latin-1'),
    ('Pr\xe9lude.mid', 'cp437'),
    ('ch\xe2teau.mid', 'cp437'),
    ('F\xfcr Elise.mid', 'cp437'),
    ('plain.mid', 'ascii'),
  ],
)
def test_zip_names_without_the_flag_of_utf8_are_read(tmp_path, name, encoding):
  raw = name.encode(encoding)
  place = ('x' * len(raw)).encode()
  path = pack(tmp_path / 'songs.zip', {place.decode(): SONG})
  path.write_bytes(path.read_bytes().replace(place, raw))
  assert unpack(path) == ({name: SONG}, None)


def test_any_bytes_are_a_zip_name_that_is_read_and_none_leads_out(tmp_path):
  rng = random.Random(0)
  path = pack(tmp_path / 'songs.zip', {'x' * 12: SONG})
  data = path.read_bytes()
  for _ in range(200):
    raw = bytes(
      rng.choice([*range(0x30, 0x5C), *range(128, 256)]) for _ in range(12)
    )
    path.write_bytes(data.replace(b'x' * 12, raw))
    (read,) = unpack(path)[0].values()
    assert read in (SONG, 'name')
  path.write_bytes(data.replace(b'x' * 12, b'../\x8b\xc8song.mi'))
  assert list(unpack(path)[0].values()) == ['name']


def test_links_and_devices_are_refused(tmp_path):
  path = tmp_path / 'songs.tar'
  with tarfile.open(path, 'w') as archive:
    for kind in (
      tarfile.SYMTYPE,
      tarfile.LNKTYPE,
      tarfile.CHRTYPE,
      tarfile.FIFOTYPE,
      tarfile.GNUTYPE_SPARSE,
      tarfile.DIRTYPE,
    ):
      info = tarfile.TarInfo(f'kind{kind.decode()}')
      info.type, info.linkname = kind, '/etc/passwd'
      archive.addfile(info)
  assert unpack(path) == ({f'kind{i}': 'link' for i in '2136S'}, None)

  path = tmp_path / 'songs.zip'
  with zipfile.ZipFile(path, 'w') as archive:
    info = zipfile.ZipInfo('link')
    info.external_attr = 0o120777 << 16
    archive.writestr(info, '/etc/passwd')
    archive.mkdir('folder')
  assert unpack(path) == ({'link': 'link'}, None)


@pytest.mark.parametrize('suffix', MODES)
def test_a_member_over_the_limit_costs_itself_alone(tmp_path, suffix):
  files = {'big': random.Random(0).randbytes(2**16 + 1), 'song.mid': SONG}
  found, code = unpack(pack(tmp_path / f'songs{suffix}', files))
  assert (found, code) == ({'big': 'bytes', 'song.mid': SONG}, None)


@pytest.mark.parametrize('suffix', ['.zip', '.tar.gz', '.tar.bz2', '.tar.xz'])
def test_what_grows_too_much_is_refused(tmp_path, suffix):
  files = {str(i): bytes(2**16) for i in range(300)}
  found, code = unpack(pack(tmp_path / f'bomb{suffix}', files))
  assert code == 'ratio' or 'ratio' in found.values()
  assert len([v for v in found.values() if isinstance(v, bytes)]) < 300


def test_a_tar_that_claims_a_terabyte_ends_at_once(tmp_path):
  info = tarfile.TarInfo('song.mid')
  info.size = 2**40
  path = tmp_path / 'bomb.tar.gz'
  with gzip.open(path, 'wb', 1) as file:
    file.write(info.tobuf() + bytes(2**26))
  assert unpack(path) == ({'song.mid': 'bytes'}, 'ratio')


def test_a_long_header_is_not_read_into_memory(tmp_path):
  info = tarfile.TarInfo('song.mid')
  info.size, info.type = 2**20, tarfile.GNUTYPE_LONGNAME
  path = tmp_path / 'bomb.tar'
  path.write_bytes(info.tobuf() + b'a' * 2**20 + bytes(2**10))
  assert unpack(path) == ({}, 'ratio')


def test_the_checksum_of_a_compressed_tar_is_looked_at(tmp_path):
  path = pack(tmp_path / 'songs.tar.gz', {'song.mid': SONG})
  data = bytearray(path.read_bytes())
  data[-8] ^= 1
  path.write_bytes(data)
  assert unpack(path) == ({'song.mid': SONG}, 'archive')


@pytest.mark.parametrize('suffix', ['.zip', '.tar'])
def test_too_many_members_are_refused(tmp_path, suffix, monkeypatch):
  monkeypatch.setattr(archives, 'MAX_MEMBERS', 3)
  files = {str(i): SONG for i in range(3)}
  assert unpack(pack(tmp_path / f'songs{suffix}', files)) == (files, None)
  files['3'] = SONG
  assert unpack(pack(tmp_path / f'songs{suffix}', files))[1] == 'members'


@pytest.mark.parametrize('method', [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_methods_that_hide_bombs_are_refused(tmp_path, method):
  path = pack(tmp_path / 'songs.zip', {'song.mid': SONG}, method)
  assert unpack(path) == ({'song.mid': 'member'}, None)


def test_an_encrypted_member_is_refused(tmp_path):
  path = pack(tmp_path / 'songs.zip', {'song.mid': SONG})
  data = bytearray(path.read_bytes())
  for magic, at in ((b'PK\3\4', 6), (b'PK\1\2', 8)):
    data[data.index(magic) + at] |= 1
  path.write_bytes(data)
  assert unpack(path) == ({'song.mid': 'member'}, None)


def test_a_zip_in_a_tar_does_not_make_it_a_zip(tmp_path):
  inner = pack(tmp_path / 'in.zip', {'song.mid': SONG}).read_bytes()
  path = pack(tmp_path / 'out.tar', {'in.zip': inner})
  assert unpack(path) == ({'in.zip': inner}, None)


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path):
  path = pack(tmp_path / 'songs.tar', {'a': SONG, 'b': SONG})
  data = bytearray(path.read_bytes())
  data[1024] ^= 1  # The name of the second member: its checksum fails.
  path.write_bytes(data)
  assert unpack(path) == ({'a': SONG}, 'archive')


def test_damaged_bytes_are_not_handed_out(tmp_path):
  path = pack(tmp_path / 'songs.zip', {'a': SONG}, zipfile.ZIP_STORED)
  path.write_bytes(path.read_bytes().replace(b'MThd', b'MThx'))
  assert unpack(path) == ({'a': 'member'}, None)


@pytest.mark.parametrize('data', [b'', b'PK\3\4', b'\x1f\x8b', SONG])
def test_what_is_no_archive(tmp_path, data):
  path = tmp_path / 'songs'
  path.write_bytes(data)
  assert unpack(path) == ({}, 'archive')
  assert unpack(tmp_path / 'missing') == ({}, 'unreadable')
  assert unpack(tmp_path) == ({}, 'unreadable')


@pytest.mark.parametrize('suffix', MODES)
def test_mutated_archives(tmp_path, suffix):
  files = {f'{i}.mid': SONG * i for i in range(8)}
  data = pack(tmp_path / f'songs{suffix}', files).read_bytes()
  rng, path = random.Random(0), tmp_path / 'mutated'
  start = time.process_time()
  for _ in range(150):
    path.write_bytes(mutate(rng, data))
    found, _ = unpack(path)
    assert all(isinstance(x, (bytes, str)) for x in found.values())
  assert time.process_time() - start < 10
