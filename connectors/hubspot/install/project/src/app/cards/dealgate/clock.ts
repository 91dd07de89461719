import { useEffect, useState } from 'react';

const MINUTE = 60 * 1000;

/** Gives the time in milliseconds, anew each minute for as long as the card is shown. */
export function useNow(): number {
    const [now, setNow] = useState(Date.now);
    useEffect(() => {
        const clock = setInterval(() => setNow(Date.now()), MINUTE);
        return () => clearInterval(clock);
    }, []);
    return now;
}
