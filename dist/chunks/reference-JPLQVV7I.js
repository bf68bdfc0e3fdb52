import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d,e,f}from"./chunk-FOPF7XOO.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as DOCKER_HUB,d as formatReference,e as isLoopback,b as isTag,f as originOf,c as parseReference};
