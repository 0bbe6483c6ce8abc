import { href, parseRoute, type Route } from '../lib/router';

/** Where one is, kept in the address's fragment. */
class Place {
  route = $state.raw<Route>(parseRoute(globalThis.location?.hash ?? ''));

  /** Follows the address from now on. */
  follow(): () => void {
    history.replaceState(history.state ?? { within: false }, '');
    // Opening the host may have led somewhere else than the address said.
    this.route = parseRoute(location.hash);
    const read = () => {
      if (history.state === null) history.replaceState({ within: true }, '');
      this.route = parseRoute(location.hash);
    };
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
    return () => {
      removeEventListener('popstate', read);
      removeEventListener('hashchange', read);
    };
  }

  go(route: Route): void {
    history.pushState({ within: true }, '', href(route));
    this.route = route;
  }

  replace(route: Route): void {
    history.replaceState(history.state, '', href(route));
    this.route = route;
  }

  /** Goes back when the last step was made here; otherwise to where closing should lead. */
  close(to: Route): void {
    if ((history.state as { within?: boolean } | null)?.within) history.back();
    else this.replace(to);
  }
}

export const place = new Place();
