"""libtorrent as a peer of the benchmarks: no tracker, everybody knows everybody.

torrent.py make FOLDER FILE            writes a torrent of a folder
torrent.py seed FILE PARENT OWN        serves it until its input ends
torrent.py leech FILE FOLDER OWN IP... fetches it, prints "done", and serves until its input ends
"""

import os
import sys
import time

import libtorrent as lt

PORT = 6881


def make(folder, target):
    files = lt.file_storage()
    lt.add_files(files, folder)
    torrent = lt.create_torrent(files, 256 * 1024)
    lt.set_piece_hashes(torrent, os.path.dirname(folder))
    with open(target, "wb") as out:
        out.write(lt.bencode(torrent.generate()))


def join(torrent, folder, own):
    session = lt.session({
        "listen_interfaces": f"{own}:{PORT}",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
    })
    info = lt.torrent_info(torrent)
    return session, session.add_torrent({"ti": info, "save_path": folder})


def main():
    verb, *rest = sys.argv[1:]
    if verb == "make":
        return make(*rest)
    torrent, folder, own, *others = rest
    session, handle = join(torrent, folder, own)
    for other in others:
        handle.connect_peer((other, PORT))
    if verb == "leech":
        until = time.monotonic() + float(os.environ.get("LIMIT_S", "240"))
        while not handle.status().is_seeding:
            if time.monotonic() > until:
                sys.exit(1)
            time.sleep(0.05)
        print("done", flush=True)
    sys.stdin.read()
    del session


main()
