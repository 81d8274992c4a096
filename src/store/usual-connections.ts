/** How many requests to one store may be under way at once where nothing else is asked for. */
export const usualConnections = 16;
